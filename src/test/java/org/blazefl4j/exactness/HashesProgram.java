package org.blazefl4j.exactness;

/** Runs each algorithm once and prints the hashes of its rounds, one a line. */
final class HashesProgram {

    private HashesProgram() {}

    /** Takes no arguments. */
    public static void main(String[] args) {
        for (Algorithm algorithm : Algorithm.values()) {
            Trial.expected(algorithm, Net.CNN).forEach(System.out::println);
        }
    }
}
