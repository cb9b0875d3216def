package org.blazefl4j.codec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Classes named in messages. Repeats within a message are numbers; loaded classes are cached by fingerprint. */
final class ClassTable {

    private static final int MAX_NAME_BYTES = 1 << 16;

    /** A power of two. */
    private static final int RECENT = 64;

    private final ClassLoader loader;
    private final Map<Long, ClassPlan> known = new HashMap<>();

    /** Direct-mapped cache in front of {@link #known}, which avoids boxing the fingerprint. */
    private final ClassPlan[] recent = new ClassPlan[RECENT];

    private ClassPlan[] named = new ClassPlan[16];
    private int size;

    ClassTable(ClassLoader loader) {
        this.loader = loader;
    }

    /** Starts a message. */
    void start() {
        size = 0;
    }

    /** Reads a class, by its number in this message or by name. Loads but does not initialise it. */
    ClassPlan read(MessageReader in) {
        int number = in.index(size + 1);
        if (number > 0) {
            return named[number - 1];
        }
        ClassPlan plan = readName(in);
        add(plan);
        return plan;
    }

    /** Gives a class the next number in this message. */
    void add(ClassPlan plan) {
        if (size == named.length) {
            named = Arrays.copyOf(named, 2 * size);
        }
        named[size++] = plan;
    }

    /** Returns how many classes this message has named. */
    int size() {
        return size;
    }

    /** Returns those with numbers of a range. */
    ClassPlan[] named(int from, int to) {
        return Arrays.copyOfRange(named, from, to);
    }

    /** Returns whether this message has named these classes and no others. */
    boolean holds(ClassPlan[] plans) {
        return plans.length == size && Arrays.equals(plans, 0, size, named, 0, size);
    }

    private ClassPlan readName(MessageReader in) {
        long fingerprint = in.i64();
        int length = in.index(MAX_NAME_BYTES);
        ClassPlan plan = known(fingerprint);
        if (plan != null && plan.nameBytes.length == length && in.skip(plan.nameBytes)) {
            return plan;
        }
        plan = load(new String(in.bytes(length), StandardCharsets.UTF_8));
        if (plan.fingerprint != fingerprint) {
            throw new PackageFormatException("class differs between the two sides: type=" + plan.type.getName()
                    + ", expected=the same fields and constants on both sides; use the same class path for both");
        }
        known.put(fingerprint, plan);
        return plan;
    }

    private @Nullable ClassPlan known(long fingerprint) {
        int place = (int) fingerprint & RECENT - 1;
        ClassPlan plan = recent[place];
        if (plan == null || plan.fingerprint != fingerprint) {
            plan = known.get(fingerprint);
            recent[place] = plan;
        }
        return plan;
    }

    private ClassPlan load(String name) {
        try {
            return ClassPlan.of(Class.forName(name, false, loader));
        } catch (ClassNotFoundException | LinkageError e) {
            throw new PackageFormatException(
                    "class not found: type=" + name
                            + ", expected=a class on the class path of this process; add its jar or folder to the class path",
                    e);
        }
    }
}
