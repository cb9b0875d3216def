package org.blazefl4j.codec;

import java.util.Arrays;

/** The current position of a walk through an object graph. Builds its text only on demand. */
final class GraphPath {

    /**
     * The greatest nesting depth. Compiled code was seen to take 1.5 KiB of stack for a level, and threads have 1 MiB.
     */
    static final int MAX_DEPTH = 256;

    /** The step to the value of an Optional, as a field. */
    static final String CONTENT = "get()";

    private static final int FIRST_CAPACITY = 8;
    private static final int MAX_KEY_LENGTH = 40;
    private static final Object INDEX = new Object();
    private static final Object KEY = new Object();
    private static final Object VALUE = new Object();

    /** By level: the name of a field, or one of the constants. */
    private Object[] kinds = new Object[FIRST_CAPACITY];

    private Object[] keys = new Object[FIRST_CAPACITY];
    private int[] indexes = new int[FIRST_CAPACITY];
    private int depth;

    /**
     * Goes one level down. Call one of the methods below to name the step.
     *
     * @throws IllegalArgumentException if the depth exceeds {@link #MAX_DEPTH}
     */
    void enter() {
        if (depth == MAX_DEPTH) {
            String path = toString();
            throw new IllegalArgumentException("nested too deep: depth=" + (depth + 1) + ", limit=" + MAX_DEPTH
                    + ", path=" + path.substring(0, 60) + "...; replace links between objects by positions in a list");
        }
        if (depth == kinds.length) {
            grow();
        }
        depth++;
    }

    private void grow() {
        kinds = Arrays.copyOf(kinds, 2 * depth);
        keys = Arrays.copyOf(keys, 2 * depth);
        indexes = Arrays.copyOf(indexes, 2 * depth);
    }

    void leave() {
        depth--;
        keys[depth] = null;
    }

    /** Names the step: a field or record component. */
    void field(String name) {
        kinds[depth - 1] = name;
    }

    /** Names the step: an element of a list, set or array. */
    void index(int index) {
        kinds[depth - 1] = INDEX;
        indexes[depth - 1] = index;
    }

    /** Names the step: a map key, by its position. */
    void key(int index) {
        kinds[depth - 1] = KEY;
        indexes[depth - 1] = index;
    }

    /** Names the step: the value of a map key. */
    void value(Object key, int index) {
        kinds[depth - 1] = VALUE;
        keys[depth - 1] = key;
        indexes[depth - 1] = index;
    }

    /** Returns whether a step is the enclosing instance of an inner class. */
    boolean leadsThroughOuterInstance() {
        for (int i = 0; i < depth; i++) {
            if (kinds[i] instanceof String name && name.startsWith("this$")) {
                return true;
            }
        }
        return false;
    }

    void clear() {
        Arrays.fill(keys, 0, depth, null);
        depth = 0;
    }

    /** Returns a text such as {@code metadata[loss]}, {@code items[3].x} or, at the root, {@code (root)}. */
    @Override
    public String toString() {
        if (depth == 1 && kinds[0] instanceof String name) {
            return name;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < depth; i++) {
            append(text, i);
        }
        return text.isEmpty() ? "(root)" : text.toString();
    }

    private void append(StringBuilder text, int level) {
        Object kind = kinds[level];
        int index = indexes[level];
        if (kind == INDEX) {
            text.append('[').append(index).append(']');
        } else if (kind == VALUE) {
            text.append('[').append(keyText(keys[level], index)).append(']');
        } else {
            text.append(text.isEmpty() ? "" : ".").append(kind == KEY ? "key[" + index + "]" : kind);
        }
    }

    /** Returns a key's text if it can be had without running user code, truncated to a short length. */
    private static String keyText(Object key, int index) {
        boolean plain = key instanceof String
                || key instanceof Number && key.getClass().getClassLoader() == null
                || key instanceof Boolean
                || key instanceof Character;
        String text = "value " + index;
        if (plain) {
            text = key.toString();
        } else if (key instanceof Enum<?> constant) {
            text = constant.name();
        }
        return text.length() <= MAX_KEY_LENGTH ? text : text.substring(0, MAX_KEY_LENGTH) + "...";
    }
}
