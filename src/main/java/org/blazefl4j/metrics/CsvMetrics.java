package org.blazefl4j.metrics;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.StringWriter;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.RoundReport;
import org.jspecify.annotations.Nullable;

/**
 * Writes one CSV row (RFC 4180, UTF-8) per round: {@code round} from 1, the values of the handler's summary,
 * {@code clients}, {@code dropped}, {@code retries} and {@code non_finite}, and {@code sampling_seconds},
 * {@code training_seconds}, {@code aggregation_seconds}, {@code evaluation_seconds} and {@code total_seconds}.
 *
 * <p>The first round determines the columns. A value that a later summary lacks is left empty; an additional value is
 * omitted, with a warning in the log.
 *
 * <p>Each row reaches the operating system before the call returns, so a crash leaves complete rows. Needs fastcsv on
 * the class path.
 */
public final class CsvMetrics extends ResultFile {

    private static final System.Logger LOG = System.getLogger(CsvMetrics.class.getName());
    private static final String COLUMNS = "columns";

    private final StringWriter row = new StringWriter();
    private final CsvWriter writer =
            CsvWriter.builder().lineDelimiter(LineDelimiter.LF).bufferSize(0).build(row);
    private @Nullable List<String> columns;

    /**
     * Creates the file.
     *
     * @param file a new file in an existing folder
     * @throws java.io.UncheckedIOException if the file exists or cannot be written
     * @throws IllegalStateException if fastcsv is missing
     */
    public CsvMetrics(Path file) {
        this(file, false);
    }

    private CsvMetrics(Path file, boolean resumable) {
        super(file, resumable, "de.siegmar.fastcsv.writer.CsvWriter", "fastcsv");
    }

    /**
     * Writes a file of a run with checkpoints: creates it at the first row, or continues it when a checkpoint is
     * restored. To continue without the run's earlier file, name a new one, which begins with the next round.
     *
     * @param file in an existing folder; an existing file is changed only after a checkpoint is restored
     * @throws IllegalStateException if fastcsv is missing
     */
    public static CsvMetrics resumable(Path file) {
        return new CsvMetrics(file, true);
    }

    @Override
    public void roundFinished(RoundReport report) {
        Map<String, Object> values = RoundRow.of(report);
        if (columns == null) {
            columns = List.copyOf(values.keySet());
        }
        if (isEmpty()) {
            writer.writeRecord(columns);
        }
        warnOfAdditional(values);
        writer.writeRecord(
                columns.stream().map(c -> Objects.toString(values.get(c), "")).toList());
        write(row.toString().getBytes(StandardCharsets.UTF_8));
        row.getBuffer().setLength(0);
    }

    private void warnOfAdditional(Map<String, Object> values) {
        List<String> additional = new ArrayList<>(values.keySet());
        additional.removeAll(columns);
        if (!additional.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "summary has values that the first round did not have: file={0}, names={1}",
                    path(),
                    additional);
        }
    }

    @Override
    public void save(CheckpointWriter out) {
        super.save(out);
        out.put(COLUMNS, columns);
    }

    @Override
    public void restore(CheckpointReader in) {
        super.restore(in);
        List<?> saved = in.get(COLUMNS, List.class); // of a new file, too, whose first round may lack some
        columns = saved == null ? null : saved.stream().map(String.class::cast).toList();
    }
}
