package org.blazefl4j.codec;

import java.util.Arrays;

/** Numbers objects by identity, in order of appearance, for one message at a time. */
final class SeenObjects {

    private static final int FIRST_CAPACITY = 16;
    private static final int KEPT_CAPACITY = 1 << 14;

    private Object[] objects = new Object[FIRST_CAPACITY];
    private int size;

    /** Open addressing: an object's number + 1, or 0 for a free entry. */
    private int[] table = new int[2 * FIRST_CAPACITY];

    /** Returns the object's number, or -1 if it is new; it then gets the next number. */
    int number(Object object) {
        int mask = table.length - 1;
        int slot = slot(object, mask);
        while (table[slot] != 0) {
            if (objects[table[slot] - 1] == object) {
                return table[slot] - 1;
            }
            slot = slot + 1 & mask;
        }
        if (size == objects.length) {
            grow();
            return number(object);
        }
        objects[size++] = object;
        table[slot] = size;
        return -1;
    }

    /** Returns the number of objects. */
    int size() {
        return size;
    }

    Object get(int number) {
        return objects[number];
    }

    /** Forgets all objects. */
    void clear() {
        if (objects.length > KEPT_CAPACITY) {
            objects = new Object[FIRST_CAPACITY];
            table = new int[2 * FIRST_CAPACITY];
        } else {
            Arrays.fill(objects, 0, size, null);
            Arrays.fill(table, 0);
        }
        size = 0;
    }

    private void grow() {
        objects = Arrays.copyOf(objects, 2 * objects.length);
        table = new int[2 * objects.length];
        int mask = table.length - 1;
        for (int i = 0; i < size; i++) {
            int slot = slot(objects[i], mask);
            while (table[slot] != 0) {
                slot = slot + 1 & mask;
            }
            table[slot] = i + 1;
        }
    }

    private static int slot(Object object, int mask) {
        int hash = System.identityHashCode(object) * 0x9E3779B9;
        return hash >>> 8 & mask;
    }
}
