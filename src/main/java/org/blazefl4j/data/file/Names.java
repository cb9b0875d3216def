package org.blazefl4j.data.file;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Names that were met, numbered as they came. */
final class Names {

    private final Map<String, Integer> codes = new HashMap<>();
    private final List<String> names = new ArrayList<>();

    /** Returns the number of a name. */
    int add(String name) {
        Integer code = codes.putIfAbsent(name, names.size());
        if (code != null) {
            return code;
        }
        names.add(name);
        return names.size() - 1;
    }

    /** Returns the name of a number. */
    String name(int code) {
        return names.get(code);
    }

    /** Returns the number of a name that was met, or null. */
    @Nullable
    Integer get(String name) {
        return codes.get(name);
    }

    /** Returns the names in ascending order, by value if all are whole numbers. */
    List<String> sorted() {
        boolean whole = names.stream().allMatch(name -> name.matches("-?\\d{1,18}"));
        Comparator<String> byValue = Comparator.comparing((Function<String, Long>) Long::valueOf);
        Comparator<String> order = whole ? byValue.thenComparing(Comparator.naturalOrder()) : Comparator.naturalOrder();
        return names.stream().sorted(order).toList();
    }

    /** Returns each number's position among {@link #sorted}. */
    int[] ranks() {
        List<String> sorted = sorted();
        int[] ranks = new int[sorted.size()];
        for (int i = 0; i < ranks.length; i++) {
            ranks[add(sorted.get(i))] = i;
        }
        return ranks;
    }
}
