package org.blazefl4j.data;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One part of a data set as read from its files: images as bytes [n, c, h, w], labels as int64 [n]. Freed by the
 * pointer scope in which it is read.
 *
 * @param file the (first) file of images
 */
record LabelledImages(Tensor images, Tensor labels, String file) {

    /** Reads a part. */
    interface Source {
        LabelledImages read() throws IOException;
    }

    /**
     * Converts label bytes to int64, after checking their number and range.
     *
     * @param first the label of class 0
     * @throws IOException if the numbers of labels and images differ, or a label is that of no class
     */
    static LabelledImages of(Tensor images, String imageFile, Tensor labels, String labelFile, int first, int classes)
            throws IOException {
        checkCount(images, imageFile, labels, labelFile);
        checkRange(labels, labels.argmin(), labelFile, first, classes);
        checkRange(labels, labels.argmax(), labelFile, first, classes);
        return new LabelledImages(images, labels.to(ScalarType.Long).sub_(new Scalar(first)), imageFile);
    }

    /** Returns the same with the rows and columns of each image exchanged. */
    LabelledImages turned() {
        return new LabelledImages(images.transpose(2, 3).contiguous(), labels, file);
    }

    /** Copies parts into one. */
    static LabelledImages join(List<LabelledImages> parts) {
        return new LabelledImages(
                cat(parts, LabelledImages::images),
                cat(parts, LabelledImages::labels),
                parts.get(0).file());
    }

    private static Tensor cat(List<LabelledImages> parts, Function<LabelledImages, Tensor> which) {
        return torch.cat(new TensorVector(parts.stream().map(which).toArray(Tensor[]::new)));
    }

    private static void checkCount(Tensor images, String imageFile, Tensor labels, String labelFile)
            throws IOException {
        if (images.size(0) != labels.size(0)) {
            throw new IOException("images and labels differ in number: labels=" + labels.size(0) + " in " + labelFile
                    + ", expected=" + images.size(0) + " images in " + imageFile + "; take both from one set");
        }
    }

    private static void checkRange(Tensor labels, Tensor position, String labelFile, int first, int classes)
            throws IOException {
        int label = labels.index_select(0, position.view(1)).item_int();
        if (label < first || label >= first + classes) {
            throw new IOException("label out of range: file=" + labelFile + ", position=" + position.item_long()
                    + ", label=" + label + ", limit=" + first + " to " + (first + classes - 1)
                    + "; get the file again or name the data set that it belongs to");
        }
    }
}
