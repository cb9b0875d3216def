package org.blazefl4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Creates the embedded subset of Fashion-MNIST from the whole set: the first images of each class, in the order of the
 * set.
 *
 * <p>Arguments of {@link #main}: the folder of the whole set, the folder to write to.
 */
final class FashionMnistSubset {

    static final int TRAIN_IMAGES_PER_CLASS = 1000;
    static final int TEST_IMAGES_PER_CLASS = 200;

    private FashionMnistSubset() {}

    public static void main(String[] args) throws IOException {
        Path target = Path.of(args[1]);
        try (ImageData whole = ImageData.fashionMnist(Path.of(args[0]))) {
            write(target, "train", whole.train(), TRAIN_IMAGES_PER_CLASS);
            write(target, "t10k", whole.test(), TEST_IMAGES_PER_CLASS);
        }
    }

    private static void write(Path target, String part, TensorDataset whole, int perClass) throws IOException {
        try (Tensor chosen = choose(whole.targets(), perClass);
                Tensor images = whole.data().index_select(0, chosen);
                Tensor labels = whole.targets().index_select(0, chosen)) {
            int n = (int) chosen.size(0);
            byte[] imageFile = IdxFiles.idx(bytes(images), n, 28, 28);
            Files.write(target.resolve(part + "-images-idx3-ubyte.gz"), IdxFiles.gzip(imageFile));
            Files.write(target.resolve(part + "-labels-idx1-ubyte.gz"), IdxFiles.gzip(IdxFiles.idx(bytes(labels), n)));
        }
    }

    /** The positions of the first images of each class, ascending. */
    static Tensor choose(Tensor labels, int perClass) {
        long[] all = Samples.toArray(labels);
        int[] seen = new int[10];
        return Tensor.create(IntStream.range(0, all.length)
                .filter(i -> seen[(int) all[i]]++ < perClass)
                .mapToLong(i -> i)
                .toArray());
    }

    private static byte[] bytes(Tensor values) {
        byte[] result = new byte[(int) values.numel()];
        try (Tensor bytes = values.to(ScalarType.Byte);
                BytePointer elements = bytes.data_ptr_byte()) {
            elements.get(result);
        }
        return result;
    }
}
