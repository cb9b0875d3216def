package org.blazefl4j.federation.sampling;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Sha256;

/** The rounds in which clients are available, as a file says. */
final class AvailabilityTrace {

    private static final Pattern LINE = Pattern.compile("\\s*(\\d{1,9})\\s*,\\s*(\\d{1,9})\\s*,\\s*(\\d{1,9})\\s*");

    private final Path file;
    private final String sha256;
    private final NavigableMap<Integer, List<Span>> spans = new TreeMap<>();

    /** Rounds from 1, both included. */
    private record Span(int first, int last) {}

    private AvailabilityTrace(Path file, byte[] content) {
        this.file = file;
        this.sha256 = Sha256.hex(content);
        List<String> lines = new String(content, StandardCharsets.UTF_8).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (!line.isBlank() && !line.startsWith("#")) {
                add(line, i + 1);
            }
        }
    }

    /** Reads a file, as {@link Samplers#available} says. */
    static AvailabilityTrace read(Path file) {
        try {
            return new AvailabilityTrace(file, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot read availability trace: file=" + file + ", found=" + Causes.describe(e)
                            + ", expected=lines of client,first round,last round",
                    e);
        }
    }

    private void add(String line, int number) {
        Matcher parts = LINE.matcher(line);
        boolean fits = parts.matches();
        Span span = fits ? new Span(number(parts, 2), number(parts, 3)) : new Span(0, 0);
        Arguments.require(
                span.first >= 1 && span.first <= span.last,
                "availability trace: file=" + file + ", line=" + number + ", text=" + line
                        + ", expected=client,first round,last round; rounds count from 1");
        spans.computeIfAbsent(number(parts, 1), cid -> new ArrayList<>()).add(span);
    }

    private static int number(Matcher parts, int group) {
        return Integer.parseInt(parts.group(group));
    }

    /**
     * Refuses a trace of clients that are not in a federation.
     *
     * @throws IllegalArgumentException if there is one
     */
    void requireWithin(int numClients) {
        Arguments.require(
                spans.isEmpty() || spans.lastKey() < numClients,
                "availability trace of another federation: file=" + file + ", client="
                        + (spans.isEmpty() ? "none" : spans.lastKey()) + ", limit=0 to " + (numClients - 1)
                        + "; give the trace of these clients");
    }

    /** Returns whether a client is available in a round, counted from 0. */
    boolean isAvailable(int cid, int round) {
        for (Span span : spans.getOrDefault(cid, List.of())) {
            if (span.first <= round + 1 && round + 1 <= span.last) {
                return true;
            }
        }
        return false;
    }

    /** Refuses to take the place of a trace with another content. */
    void requireSame(String saved) {
        Arguments.require(
                saved.equals(sha256),
                "availability trace changed: file=" + file + ", sha256=" + sha256 + ", expected=" + saved
                        + ", as saved; restore the file that the run started with, or start again");
    }

    /** Returns the SHA-256 of the file, as 64 hexadecimal digits. */
    String sha256() {
        return sha256;
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
