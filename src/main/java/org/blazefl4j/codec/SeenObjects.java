package org.blazefl4j.codec;

import java.util.Arrays;

/** Numbers objects by identity, in order of appearance, for one message at a time. */
final class SeenObjects {

    /** Up to so many objects are compared one by one: a hash of an object costs more, above all its first. */
    private static final int FEW = 16;

    private static final int KEPT_CAPACITY = 1 << 14;

    private Object[] objects = new Object[FEW];
    private int size;

    /** Open addressing: an object's number + 1, or 0 for a free entry. All are free unless {@link #hashed}. */
    private int[] table = new int[0];

    private boolean hashed;

    /** Returns the object's number, or -1 if it is new; it then gets the next number. */
    int number(Object object) {
        int known = hashed ? table[slot(object)] - 1 : find(object);
        if (known < 0) {
            add(object);
        }
        return known;
    }

    private int find(Object object) {
        int number = size - 1;
        while (number >= 0 && objects[number] != object) {
            number--;
        }
        return number;
    }

    private void add(Object object) {
        if (size == objects.length) {
            objects = Arrays.copyOf(objects, 2 * size);
        }
        objects[size++] = object;
        if (hashed && 2 * objects.length == table.length) {
            table[slot(object)] = size;
        } else if (size > FEW) {
            hash();
        }
    }

    private void hash() {
        hashed = true;
        if (table.length < 2 * objects.length) {
            table = new int[2 * objects.length];
        }
        for (int i = 0; i < size; i++) {
            table[slot(objects[i])] = i + 1;
        }
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
            objects = new Object[FEW];
            table = new int[0];
        } else {
            Arrays.fill(objects, 0, size, null);
            Arrays.fill(table, 0, hashed ? table.length : 0, 0);
        }
        hashed = false;
        size = 0;
    }

    /** Returns the object's entry in the table, or the free one where it would be. */
    private int slot(Object object) {
        int mask = table.length - 1;
        int slot = System.identityHashCode(object) * 0x9E3779B9 >>> 8 & mask;
        while (table[slot] != 0 && objects[table[slot] - 1] != object) {
            slot = slot + 1 & mask;
        }
        return slot;
    }
}
