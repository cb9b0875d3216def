package org.blazefl4j.data.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.blazefl4j.data.stream.TensorWriter;
import org.bytedeco.pytorch.Tensor;

/**
 * The characters of training texts, numbered from 0 in ascending order of their code points, in whatever order they
 * were met. The last number stands for all other characters, and for the room before texts that are too short.
 *
 * <p>These numbers are known when all characters were met. Until then a character has a code, in the order in which
 * they are met, from 1; code 0 stands for all others.
 */
final class Vocabulary {

    /** Tokens up to this number of characters are bytes. */
    private static final int MOST_IN_BYTES = 256;

    private int[] codes = new int[128];
    private int size;
    private int[] numbers = {};

    /** Adds a character and returns its code; not after one was numbered. */
    int add(int point) {
        if (point >= codes.length) {
            codes = Arrays.copyOf(codes, Math.max(2 * codes.length, point + 1));
        }
        if (codes[point] == 0) {
            codes[point] = ++size;
        }
        return codes[point];
    }

    /** Returns the code of a character. */
    int code(int point) {
        return point < codes.length ? codes[point] : 0;
    }

    /** Returns the number of a character by its code. */
    int number(int code) {
        if (numbers.length == 0) {
            numbers = new int[size + 1];
            numbers[0] = size;
            int next = 0;
            for (int each : codes) {
                if (each > 0) {
                    numbers[each] = next++;
                }
            }
        }
        return numbers[code];
    }

    /** Returns the characters by number; that of all others is empty. */
    List<String> names() {
        return Stream.concat(
                        IntStream.range(0, codes.length)
                                .filter(point -> codes[point] > 0)
                                .mapToObj(Character::toString),
                        Stream.of(""))
                .toList();
    }

    /** Samples of one length, whose elements are numbers of characters. */
    final class Samples {

        private final long count;
        private final int length;
        private final TensorWriter tokens = size < MOST_IN_BYTES ? TensorWriter.ofBytes() : TensorWriter.ofFloats();

        /** Begins samples of a file, which a refusal names. */
        Samples(Path file, long count, int length) throws IOException {
            if (count * length > Capacity.MOST) {
                throw new IOException("too much text: file=" + file + ", samples=" + count + " of " + length
                        + " characters, limit=" + Capacity.MOST + " characters; take a part of it, or samples that"
                        + " overlap less");
            }
            this.count = count;
            this.length = length;
        }

        /** Adds characters of a sample by their codes. */
        void add(int[] some, int from, int to) {
            for (int i = from; i < to; i++) {
                tokens.add(number(some[i]));
            }
        }

        /** Returns bytes, or float32 if there are too many characters, of shape [n, 1, 1, length]. */
        Tensor toTensor() {
            return tokens.toTensor(count, 1, 1, length);
        }
    }
}
