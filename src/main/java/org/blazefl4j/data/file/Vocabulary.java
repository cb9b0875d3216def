package org.blazefl4j.data.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * The characters of training texts, numbered from 0 in ascending order of their code points, in whatever order they
 * were met. The last number stands for all other characters, and for the room before texts that are too short.
 */
final class Vocabulary {

    /** Tokens up to this number of characters are bytes. */
    private static final int MOST_IN_BYTES = 256;

    private final BitSet points = new BitSet();
    private int[] numbers = {};

    /** Adds a character; not after one was numbered. */
    void add(int point) {
        points.set(point);
    }

    void add(String text) {
        text.codePoints().forEach(points::set);
    }

    /** Returns the number of a character. */
    int number(int point) {
        if (numbers.length == 0) {
            numbers = new int[points.length()];
            int next = 0;
            for (int each = 0; each < numbers.length; each++) {
                numbers[each] = points.get(each) ? next++ : other();
            }
        }
        return point < numbers.length ? numbers[point] : other();
    }

    private int other() {
        return points.cardinality();
    }

    /** Returns the characters by number; that of all others is empty. */
    List<String> names() {
        return Stream.concat(points.stream().mapToObj(Character::toString), Stream.of(""))
                .toList();
    }

    /** Samples of one length, whose elements are numbers of characters. */
    final class Samples {

        private final int count;
        private final int length;
        private final byte[] bytes;
        private final float[] floats;
        private int next;

        /** Makes room for samples of a file, which a refusal names. */
        Samples(Path file, long count, int length) throws IOException {
            if (count * length > Capacity.MOST) {
                throw new IOException("too much text: file=" + file + ", samples=" + count + " of " + length
                        + " characters, limit=" + Capacity.MOST + " characters; take a part of it, or samples that"
                        + " overlap less");
            }
            this.count = (int) count;
            this.length = length;
            boolean inBytes = other() < MOST_IN_BYTES;
            this.bytes = new byte[inBytes ? this.count * length : 0];
            this.floats = new float[inBytes ? 0 : this.count * length];
        }

        /** Adds a sample: the last characters that fit, with room before them if there are fewer. */
        void add(int[] text, int from, int to) {
            int begin = Math.max(from, to - length);
            for (int i = to - begin; i < length; i++) {
                put(other());
            }
            for (int i = begin; i < to; i++) {
                put(number(text[i]));
            }
        }

        private void put(int token) {
            if (bytes.length > 0) {
                bytes[next++] = (byte) token;
            } else {
                floats[next++] = token;
            }
        }

        /** Returns bytes, or float32 if there are too many characters, of shape [n, 1, 1, length]. */
        Tensor toTensor() {
            return bytes.length > 0 ? Tensors.of(bytes, count, 1, 1, length) : Tensors.of(floats, count, 1, 1, length);
        }
    }
}
