package org.blazefl4j.metrics;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.util.Causes;

/**
 * Writes an event file for TensorBoard, {@code events.out.tfevents.<seconds>.blazefl4j}, with the numbers of
 * {@link CsvMetrics} as scalars: a tag is a column's name, a step the round from 1, a value the number rounded to a
 * float. Texts are left out. Needs no library.
 *
 * <p>The file is created after the first round and is always a new one, named to follow those in the folder, even if
 * the clock was set back. It tells TensorBoard to discard what earlier files have of its first round and later ones. So
 * a resumed run writes beside the files of its earlier parts, and rounds that it repeats appear once; checkpoints need
 * not include this listener.
 *
 * <p>Each round reaches the operating system before the call returns, complete or not at all.
 */
public final class TensorBoardMetrics extends ResultFile {

    private static final Pattern NAME = Pattern.compile("events\\.out\\.tfevents\\.(\\d{10})\\b.*");

    private final InstantSource clock;

    /**
     * Chooses the file's name.
     *
     * @param folder an existing folder, which TensorBoard takes for one run
     * @throws UncheckedIOException if the folder cannot be read
     */
    public TensorBoardMetrics(Path folder) {
        this(folder, InstantSource.system());
    }

    TensorBoardMetrics(Path folder, InstantSource clock) {
        super(next(folder, clock));
        this.clock = clock;
    }

    /** Returns a name after all others in the order of names, in which TensorBoard reads files. */
    private static Path next(Path folder, InstantSource clock) {
        try (Stream<Path> content = Files.list(folder)) {
            long last = content.map(file -> NAME.matcher(String.valueOf(file.getFileName())))
                    .filter(Matcher::matches)
                    .mapToLong(name -> Long.parseLong(name.group(1)))
                    .max()
                    .orElse(0);
            long seconds = Math.max(clock.instant().getEpochSecond(), last + 1);
            return folder.resolve("events.out.tfevents." + seconds + ".blazefl4j");
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot write results: folder=" + folder + ", found=" + Causes.describe(e)
                            + "; name an existing, writable folder",
                    e);
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        Map<String, Object> row = RoundRow.of(report);
        row.remove("round");
        Map<String, Float> scalars = new LinkedHashMap<>();
        row.forEach((name, value) -> {
            if (value instanceof Number number) {
                scalars.put(name, number.floatValue());
            }
        });
        long step = report.round() + 1L;
        double now = clock.millis() / 1e3;
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        if (isEmpty()) {
            records.writeBytes(EventRecord.version(now));
            records.writeBytes(EventRecord.start(now, step));
        }
        records.writeBytes(EventRecord.scalars(now, step, scalars));
        write(records.toByteArray());
    }
}
