package org.blazefl4j.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.NumericEnvironment;

/** The report {@code target/soak/<date>.md}: the numbers, the machine, and the results part by part. */
final class SoakReport {

    private static final Path FOLDER = Path.of("target", "soak");

    private final Path file;

    private SoakReport(Path file) {
        this.file = file;
    }

    /** Starts a new report; replaces an earlier one of the same day. */
    static SoakReport begin(SoakNumbers numbers) throws IOException {
        Path file = Files.createDirectories(FOLDER).resolve(LocalDate.now() + ".md");
        List<String> lines = new ArrayList<>();
        lines.add("# Soak test of " + LocalDateTime.now().truncatedTo(ChronoUnit.MINUTES));
        lines.add("");
        lines.add("Asked for: `" + String.join(" ", numbers.toJvmArguments()) + "`");
        lines.add("");
        lines.add("| | |");
        lines.add("|---|---|");
        machine().forEach((name, value) -> lines.add("| " + name + " | " + value + " |"));
        Files.write(file, lines);
        return new SoakReport(file);
    }

    private static Map<String, Object> machine() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("kernel", System.getProperty("os.version"));
        values.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        values.put("processors", Runtime.getRuntime().availableProcessors());
        try (IntraOpThreads asInTheExperiments = IntraOpThreads.scope(1)) {
            values.putAll(NumericEnvironment.capture().toMap());
        }
        return values;
    }

    /** Adds a part that has passed. */
    void add(String title, List<String> lines) throws IOException {
        Files.write(file, List.of("", "## " + title, ""), StandardOpenOption.APPEND);
        Files.write(file, lines, StandardOpenOption.APPEND);
    }
}
