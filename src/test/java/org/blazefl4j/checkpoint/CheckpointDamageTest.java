package org.blazefl4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Sha256;
import org.bytedeco.pytorch.Tensor;

/** Any damage to a file is detected, and any parts are restored exactly. */
final class CheckpointDamageTest {

    private static final String LATEST = "round-000001.checkpoint";

    /** Keeps the logger, which the log manager references weakly; other tests check the warnings. */
    private static final Logger LOG = Logger.getLogger(Checkpoints.class.getName());

    private static Path folder;
    private static byte[] whole;

    @BeforeContainer
    static void saveTwoRounds() throws IOException {
        LOG.setLevel(Level.OFF);
        folder = Files.createTempDirectory("checkpoints");
        Values values = new Values();
        try (Tensor tensor = Tensors.of(new float[300]);
                Checkpoints checkpoints = Checkpoints.in(folder)
                        .configuration(Map.of("lr", 0.1))
                        .add("values", values)
                        .add("tensor", Values.of("t", tensor))) {
            for (int round = 0; round < 2; round++) {
                values.now.put("round", round);
                checkpoints.save(round);
            }
        }
        whole = Files.readAllBytes(folder.resolve(LATEST));
    }

    @AfterContainer
    static void deleteFolder() throws IOException {
        LOG.setLevel(null);
        delete(folder);
    }

    private static void delete(Path folder) throws IOException {
        for (Path file : list(folder)) {
            Files.delete(file);
        }
        Files.delete(folder);
    }

    private static List<Path> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static void expectTheOneBefore(byte[] damaged) throws IOException {
        Files.write(folder.resolve(LATEST), damaged);
        Values values = new Values();
        Values tensor = new Values();
        try (Checkpoints checkpoints = Checkpoints.in(folder)
                .configuration(Map.of("lr", 0.1))
                .add("values", values)
                .add("tensor", tensor)) {
            SavedRun resumed = checkpoints.resume().orElseThrow();
            ((Tensor) tensor.now.get("t")).close();

            assertThat(resumed.round()).isZero();
            assertThat(values.now).isEqualTo(Map.of("round", 0));
            assertThat(resumed.skipped())
                    .singleElement()
                    .asString()
                    .startsWith(folder.resolve(LATEST).toString());
        }
    }

    @Property(tries = 150)
    void shouldDetectAnyFlippedBit(@ForAll("positions") int position, @ForAll("bits") int bit) throws IOException {
        byte[] damaged = whole.clone();
        damaged[position] ^= (byte) (1 << bit);
        expectTheOneBefore(damaged);
    }

    @Property(tries = 100)
    void shouldDetectAnyTruncation(@ForAll("positions") int length) throws IOException {
        expectTheOneBefore(Arrays.copyOf(whole, length));
    }

    @Property(tries = 30)
    void shouldDetectAppendedBytes(@ForAll byte[] more) throws IOException {
        byte[] longer = Arrays.copyOf(whole, whole.length + more.length + 1);
        System.arraycopy(more, 0, longer, whole.length, more.length);
        expectTheOneBefore(longer);
    }

    /** Forges the checksum: lengths are still validated, and damage is only reported. */
    @Property(tries = 150)
    void shouldValidateLengthsOfAForgedFile(@ForAll("positions") int position, @ForAll byte value) throws IOException {
        byte[] content = Arrays.copyOf(whole, whole.length - CheckpointFile.DIGEST_BYTES);
        content[position % content.length] = value;
        byte[] forged = Arrays.copyOf(content, whole.length);
        System.arraycopy(Sha256.newDigest().digest(content), 0, forged, content.length, CheckpointFile.DIGEST_BYTES);
        Files.write(folder.resolve(LATEST), forged);

        try (CheckpointFile file = CheckpointFile.open(folder.resolve(LATEST))) {
            assertThat(file.parts()).hasSizeLessThanOrEqualTo(3);
        } catch (DamagedCheckpointException | CheckpointException reported) {
            assertThat(reported).message().isNotBlank();
        }
    }

    @Provide
    Arbitrary<Integer> positions() {
        return Arbitraries.integers().between(0, whole.length - 1);
    }

    @Provide
    Arbitrary<Integer> bits() {
        return Arbitraries.integers().between(0, 7);
    }

    @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
    void shouldRestoreAnyParts(@ForAll("parts") Map<String, Map<String, Object>> parts) throws IOException {
        Path own = Files.createTempDirectory("checkpoints");
        try (Checkpoints checkpoints = Checkpoints.in(own)) {
            parts.forEach((name, values) -> checkpoints.add(name, values(values)));
            checkpoints.save(5);
        }
        Map<String, Values> restored = new LinkedHashMap<>();
        try (Checkpoints checkpoints = Checkpoints.in(own)) {
            parts.keySet().forEach(name -> restored.put(name, new Values()));
            restored.forEach(checkpoints::add);
            assertThat(checkpoints.resume()).isPresent();
        }
        delete(own);

        assertThat(restored.keySet()).isEqualTo(parts.keySet());
        restored.forEach((name, values) -> assertThat(text(values.now)).isEqualTo(text(parts.get(name))));
    }

    private static Values values(Map<String, Object> named) {
        Values values = new Values();
        values.now.putAll(named);
        return values;
    }

    /** Converts values to text, so that arrays are compared by content. */
    private static String text(Map<String, Object> values) {
        StringBuilder text = new StringBuilder();
        values.forEach((name, value) -> text.append(name)
                .append('=')
                .append(value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value)
                .append('\n'));
        return text.toString();
    }

    @Provide
    Arbitrary<Map<String, Map<String, Object>>> parts() {
        Arbitrary<Object> value = Arbitraries.oneOf(
                Arbitraries.just(null),
                Arbitraries.strings().map(Object.class::cast),
                Arbitraries.doubles().map(Object.class::cast),
                Arbitraries.integers().list().ofMaxSize(5).map(Object.class::cast),
                Arbitraries.bytes().array(byte[].class).ofMaxSize(200).map(Object.class::cast));
        Arbitrary<String> name = Combinators.combine(
                        Arbitraries.strings().ofMaxLength(8),
                        Arbitraries.integers().between(0, 99))
                .as((text, number) -> text + number);
        return Arbitraries.maps(name, Arbitraries.maps(name, value).ofMaxSize(6))
                .ofMaxSize(4);
    }
}
