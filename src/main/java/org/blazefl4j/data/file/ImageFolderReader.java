package org.blazefl4j.data.file;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.blazefl4j.data.stream.TensorWriter;
import org.blazefl4j.util.FolderContent;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** {@link DataFiles#images}. */
final class ImageFolderReader {

    private static final List<String> SUFFIXES = List.of(".png", ".jpg", ".jpeg", ".gif", ".bmp");
    private static final List<String> TEST = List.of("test", "val", "validation");
    private static final String TRAIN = "train";
    private static final int RGB = 3;
    private static final int LARGEST_BYTE = 255;

    private final Path folder;
    private final List<Path> classes;
    private int width;
    private int height;
    private int channels;

    private ImageFolderReader(Path folder, List<Path> classes) {
        this.folder = folder;
        this.classes = classes;
    }

    static FileData read(Path folder, double testShare, long seed) throws IOException {
        Path train = Files.isDirectory(folder.resolve(TRAIN)) ? folder.resolve(TRAIN) : folder;
        ImageFolderReader reader = new ImageFolderReader(folder, list(train, Files::isDirectory));
        Optional<Path> test = TEST.stream()
                .map(folder::resolve)
                .filter(each -> !train.equals(folder) && Files.isDirectory(each))
                .findFirst();
        try (PointerScope scope = new PointerScope()) {
            LabelledSamples samples = reader.part(train, true);
            List<String> classes = reader.classes.stream()
                    .map(each -> each.getFileName().toString())
                    .toList();
            return test.isPresent()
                    ? LabelledSamples.join(folder, classes, samples, reader.part(test.get(), false))
                    : LabelledSamples.split(folder, classes, samples, testShare, seed);
        }
    }

    private LabelledSamples part(Path part, boolean training) throws IOException {
        for (Path each : list(part, Files::isDirectory)) {
            if (classes.stream().noneMatch(known -> known.getFileName().equals(each.getFileName()))) {
                throw new IOException("class unknown: folder=" + each + ", expected=one of the folders in "
                        + folder.resolve(TRAIN) + "; add it there, or take it out");
            }
        }
        long[] counts = new long[classes.size()];
        Stream.Builder<Path> files = Stream.builder();
        for (int c = 0; c < counts.length; c++) {
            Path ofClass = part.resolve(classes.get(c).getFileName());
            List<Path> images = Files.isDirectory(ofClass) ? list(ofClass, ImageFolderReader::isImage) : List.of();
            images.forEach(files::add);
            counts[c] = images.size();
        }
        List<Path> all = files.build().toList();
        if (all.isEmpty()) {
            throw new IOException("no images: folder=" + part + ", found=" + FolderContent.near(part, TRAIN)
                    + ", expected=a folder for each class, with its images in " + SUFFIXES);
        }
        for (int c = 0; training && c < counts.length; c++) {
            if (counts[c] == 0) {
                throw new IOException("class without images: folder=" + classes.get(c) + ", found="
                        + FolderContent.near(classes.get(c), SUFFIXES.get(0)) + ", expected=images in " + SUFFIXES
                        + "; add some, or take the folder out");
            }
        }
        long[] labels = new long[all.size()];
        int next = 0;
        for (int c = 0; c < counts.length; c++) {
            Arrays.fill(labels, next, next += (int) counts[c], c);
        }
        return new LabelledSamples(pixels(all), labels, new long[0]);
    }

    /** Leaves hidden files out, which editors and operating systems put there. */
    private static List<Path> list(Path folder, Predicate<Path> filter) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.filter(each -> !each.getFileName().toString().startsWith("."))
                    .filter(filter)
                    .sorted()
                    .toList();
        }
    }

    private static boolean isImage(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return SUFFIXES.stream().anyMatch(name::endsWith);
    }

    private Tensor pixels(List<Path> files) throws IOException {
        TensorWriter pixels = TensorWriter.ofBytes();
        for (Path file : files) {
            BufferedImage image = open(file);
            if (channels == 0) {
                width = image.getWidth();
                height = image.getHeight();
                channels = isGrey(image) ? 1 : RGB;
            }
            requireFits(folder, files.size(), (long) channels * height * width);
            check(file, image);
            byte[] one = new byte[channels * height * width];
            if (channels == 1) {
                copyGrey(image, one, 0);
            } else {
                copyColours(image, one);
            }
            pixels.addFrom(new ByteArrayInputStream(one), one.length);
        }
        return pixels.toTensor(files.size(), channels, height, width);
    }

    static void requireFits(Path folder, int images, long size) throws IOException {
        if (size > Capacity.MOST / images) {
            throw new IOException("too many images: folder=" + folder + ", bytes=" + images * size + ", limit="
                    + Capacity.MOST + "; make them smaller, or fewer");
        }
    }

    private static BufferedImage open(Path file) throws IOException {
        BufferedImage image;
        try {
            image = ImageIO.read(file.toFile());
        } catch (IOException | RuntimeException e) { // what damaged files lead to
            throw new IOException("damaged image: file=" + file + ", found=" + e.getMessage() + "; get it again", e);
        }
        if (image == null) {
            throw new IOException("not an image: file=" + file + ", expected=PNG, JPEG, GIF or BMP; take it out");
        }
        return image;
    }

    private static boolean isGrey(BufferedImage image) {
        return image.getColorModel() instanceof IndexColorModel palette
                ? isGrey(palette)
                : image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
    }

    /** Returns whether a palette has all greys in order, as that of grey images of fewer than 8 bits does. */
    private static boolean isGrey(IndexColorModel palette) {
        int last = palette.getMapSize() - 1;
        return last > 0
                && IntStream.rangeClosed(0, last).allMatch(i -> {
                    int grey = i * LARGEST_BYTE / last;
                    return palette.getRed(i) == grey && palette.getGreen(i) == grey && palette.getBlue(i) == grey;
                });
    }

    private void check(Path file, BufferedImage image) throws IOException {
        if (image.getWidth() != width || image.getHeight() != height || channels == 1 && !isGrey(image)) {
            throw new IOException("images differ: file=" + file + ", found=" + image.getWidth() + "x"
                    + image.getHeight() + (isGrey(image) ? " grey" : " colours") + ", expected=" + width + "x" + height
                    + (channels == 1 ? " grey" : "") + ", as the first image is; convert them to one size and kind");
        }
    }

    /** Takes samples as they are stored; colour conversion would change their brightness. */
    private void copyGrey(BufferedImage image, byte[] pixels, int at) {
        Raster raster = image.getRaster();
        IndexColorModel palette = image.getColorModel() instanceof IndexColorModel few ? few : null;
        int shift = raster.getSampleModel().getSampleSize(0) - 8;
        int next = at;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int sample = raster.getSample(x + raster.getMinX(), y + raster.getMinY(), 0);
                pixels[next++] = (byte) (palette == null ? sample >> shift : palette.getRed(sample));
            }
        }
    }

    private void copyColours(BufferedImage image, byte[] pixels) {
        if (isGrey(image)) {
            for (int channel = 0; channel < RGB; channel++) {
                copyGrey(image, pixels, channel * height * width);
            }
            return;
        }
        ColorModel model = ColorModel.getRGBdefault();
        int area = height * width;
        for (int i = 0; i < area; i++) {
            int rgb = image.getRGB(i % width, i / width);
            pixels[i] = (byte) model.getRed(rgb);
            pixels[area + i] = (byte) model.getGreen(rgb);
            pixels[2 * area + i] = (byte) model.getBlue(rgb);
        }
    }
}
