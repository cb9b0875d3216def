package org.blazefl4j.cli.options;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** Finds the name that was meant by a misspelt one. */
public final class NearestName {

    private NearestName() {}

    /** Returns the name that differs least, of those the first; underscores count as dashes. */
    public static String of(String word, Collection<String> names) {
        String wanted = word.replace('_', '-').toLowerCase(Locale.ROOT);
        return names.stream()
                .min(Comparator.comparingInt(name -> distance(wanted, name)))
                .orElseThrow();
    }

    /** Returns the Levenshtein distance: how many letters to insert, delete or replace. */
    private static int distance(String a, String b) {
        int[] above = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[b.length()];
    }
}
