package org.blazefl4j.metrics;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.binding.Build;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.SimulationSummary;
import org.blazefl4j.util.Libraries;

/**
 * Writes one CSV row (RFC 4180, UTF-8) per round: {@code round} from 1, what the handler's summary holds,
 * {@code clients}, {@code dropped}, {@code retries} and {@code non_finite}, and {@code sampling_seconds},
 * {@code training_seconds}, {@code aggregation_seconds}, {@code evaluation_seconds} and {@code total_seconds}.
 *
 * <p>The first round settles the columns. A value that a later summary lacks is left empty; one that it adds is left
 * out, with a warning in the log.
 *
 * <p>Each row is handed to the operating system before the call returns, so an end of any kind leaves whole rows. Needs
 * fastcsv on the class path.
 */
public final class CsvMetrics implements RoundListener<Object>, Checkpointable, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(CsvMetrics.class.getName());

    private static final String COLUMNS = "columns";

    private final Path path;
    private final ResultFile file;
    private final ByteArrayOutputStream row = new ByteArrayOutputStream();
    private final CsvWriter writer;
    private List<String> columns;

    private CsvMetrics(Path path, ResultFile file) {
        this.path = path;
        this.file = file;
        this.writer = CsvWriter.builder()
                .lineDelimiter(LineDelimiter.LF)
                .bufferSize(0)
                .build(row);
    }

    /**
     * Makes the file.
     *
     * @param file a new file in a folder that exists
     * @throws java.io.UncheckedIOException if the file exists or cannot be written
     * @throws IllegalStateException if fastcsv is missing
     */
    public CsvMetrics(Path file) {
        this(file, ResultFile.create(withLibrary(file)));
    }

    /**
     * For a run with checkpoints: the file is made at the first row, or taken up again when a checkpoint is restored.
     * To go on without the file that the run had, name one that is not there: it is begun with the next round.
     *
     * @param file in a folder that exists; a file that is there already is touched only by a restored checkpoint
     * @throws IllegalStateException if fastcsv is missing
     */
    public static CsvMetrics resumable(Path file) {
        return new CsvMetrics(file, ResultFile.resumable(withLibrary(file)));
    }

    private static Path withLibrary(Path file) {
        Libraries.require(CsvMetrics.class, "de.siegmar.fastcsv.writer.CsvWriter", Build.library("fastcsv"));
        return file;
    }

    @Override
    public void roundFinished(RoundReport report) {
        Map<String, Object> row = RoundRow.of(report);
        if (columns == null) {
            columns = List.copyOf(row.keySet());
            writer.writeRecord(columns);
        }
        warnOfMore(row);
        writer.writeRecord(
                columns.stream().map(c -> Objects.toString(row.get(c), "")).toList());
        flush();
    }

    private void warnOfMore(Map<String, Object> row) {
        List<String> more = new ArrayList<>(row.keySet());
        more.removeAll(columns);
        if (!more.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "summary has values that the first round''s had not: file={0}, names={1}",
                    path,
                    more);
        }
    }

    private void flush() {
        try {
            writer.flush();
            file.write(row.toByteArray());
            row.reset();
        } catch (IOException e) {
            throw file.failed(e);
        }
    }

    /** Cuts off what a run that ends before its next round was not to go on from. */
    @Override
    public void runFinished(SimulationSummary summary) {
        file.cutOff();
    }

    /** Writes which file it is, how far it goes, after it was synced to the disk, a checksum of it, and its columns. */
    @Override
    public void save(CheckpointWriter out) {
        file.save(out);
        out.put(COLUMNS, columns);
    }

    /**
     * Goes on in the file as it was when it was saved; rows written after that are cut off. A file of another name that
     * is not there is begun.
     *
     * @throws IllegalArgumentException if the saved file is missing, shorter than it was, or another; it is then as
     *     before
     */
    @Override
    public void restore(CheckpointReader in) {
        file.restore(in);
        List<?> saved = file.isEmpty() ? null : in.get(COLUMNS, List.class);
        columns = saved == null ? null : saved.stream().map(String.class::cast).toList();
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw file.failed(e);
        }
    }
}
