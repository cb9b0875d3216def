package org.blazefl4j.torch;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Stream;

/** Reads the processor's description from Linux. Libraries choose kernels by its model, block sizes by its caches. */
final class Processor {

    private static final String UNKNOWN = "unknown";

    private Processor() {}

    /** Returns the model name of the first processor in {@code /proc/cpuinfo}. */
    static String model(Path cpuinfo) {
        try {
            return read(cpuinfo)
                    .lines()
                    .filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse(UNKNOWN);
        } catch (IOException e) {
            return UNKNOWN;
        }
    }

    /** Returns the data caches, such as {@code L1 48K, L2 2048K}, in a processor's {@code cache} folder in sysfs. */
    static String caches(Path folder) {
        StringJoiner caches = new StringJoiner(", ");
        try (Stream<Path> content = Files.list(folder)) {
            List<Path> indices = content.filter(
                            path -> path.getFileName().toString().startsWith("index"))
                    .sorted()
                    .toList();
            for (Path index : indices) {
                if (!line(index, "type").equals("Instruction")) {
                    caches.add("L" + line(index, "level") + " " + line(index, "size"));
                }
            }
        } catch (IOException | UncheckedIOException e) {
            return UNKNOWN;
        }
        return caches.length() == 0 ? UNKNOWN : caches.toString();
    }

    private static String line(Path index, String name) throws IOException {
        return read(index.resolve(name)).strip();
    }

    /** Reads a file, in an interrupted thread, too, which those of {@link Files} refuse. */
    private static String read(Path file) throws IOException {
        try (InputStream in = new FileInputStream(file.toFile())) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
