package org.blazefl4j.modelfile;

import java.util.Arrays;

/** What a pickle of tensors holds besides numbers, texts, lists and maps. */
sealed interface PickleValue {

    /** {@code None}, and attributes of objects, which are not read. */
    record Nothing() implements PickleValue {}

    /** A name of Python's, such as {@code collections.OrderedDict}. */
    record Global(String name) implements PickleValue {}

    /** Where elements are in the archive. */
    record Storage(ElementType type, String key, long numel) implements PickleValue {}

    /** The most dimensions that a tensor of PyTorch has. */
    int MOST_DIMENSIONS = 64;

    /** A tensor, checked to lie in its storage and to have no more elements than it. */
    record StoredTensor(Storage storage, long offset, long[] shape, long[] strides) implements PickleValue {

        /**
         * Checks the layout.
         *
         * @throws PickleException if an element lies outside the storage, or if strides repeat elements: a file of a
         *     kilobyte could then ask for any memory
         */
        public StoredTensor {
            boolean negative = offset < 0
                    || shape.length != strides.length
                    || Arrays.stream(shape).anyMatch(each -> each < 0)
                    || Arrays.stream(strides).anyMatch(each -> each < 0);
            if (negative || end(offset, shape, strides) > storage.numel()) {
                throw new PickleException("offset=" + offset + ", shape=" + Arrays.toString(shape) + ", strides="
                        + Arrays.toString(strides) + ", limit=the " + storage.numel() + " elements of storage "
                        + storage.key());
            }
            if (numel(shape) > storage.numel()) {
                throw new PickleException("shape=" + Arrays.toString(shape) + ", strides=" + Arrays.toString(strides)
                        + ", limit=the " + storage.numel() + " elements of storage " + storage.key()
                        + ", each once: make expanded tensors contiguous()");
            }
        }

        /** Returns the number of elements; more than any storage has if it overflows. */
        private static long numel(long[] shape) {
            if (Arrays.stream(shape).anyMatch(each -> each == 0)) {
                return 0;
            }
            try {
                return Arrays.stream(shape).reduce(1, Math::multiplyExact);
            } catch (ArithmeticException e) {
                return Long.MAX_VALUE;
            }
        }

        /** Returns the end of the last element; more than any storage has if it overflows. */
        private static long end(long offset, long[] shape, long[] strides) {
            try {
                long last = offset;
                for (int i = 0; i < shape.length; i++) {
                    if (shape[i] == 0) {
                        return 0;
                    }
                    last = Math.addExact(last, Math.multiplyExact(shape[i] - 1, strides[i]));
                }
                return Math.addExact(last, 1);
            } catch (ArithmeticException e) {
                return Long.MAX_VALUE;
            }
        }
    }
}
