package org.blazefl4j.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.cli.verify.RunComparison.Difference;
import org.junit.jupiter.api.Test;

/** Comparisons of two runs and their reports. */
final class RunComparisonTest {

    private final Map<String, Object> firstConditions = conditions();
    private final Map<String, Object> secondConditions = conditions();
    private int firstRound = 1;
    private final List<RecordedRun.Resumption> resumptions = new ArrayList<>();

    private static Map<String, Object> conditions() {
        Map<String, Object> conditions = new LinkedHashMap<>();
        conditions.put("algorithm", "fedavg");
        conditions.put("dir_alpha", null);
        conditions.put("num_parallels", 2);
        conditions.put("environment", new LinkedHashMap<>(Map.of("cpuCapability", "AVX2")));
        return conditions;
    }

    private static Map<String, Object> round(String hash, double accuracy) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("accuracy", accuracy);
        values.put("sha256", hash);
        values.put("dropped", 0);
        return values;
    }

    /** A run whose rounds have these hashes. */
    private static List<Map<String, Object>> rounds(String... hashes) {
        return new ArrayList<>(
                Arrays.stream(hashes).map(hash -> round(hash, 0.5)).toList());
    }

    private RunComparison compare(List<Map<String, Object>> first, List<Map<String, Object>> second) {
        return RunComparison.of(
                new RecordedRun(Path.of("a"), firstConditions, firstRound, first, List.of()),
                new RecordedRun(Path.of("b"), secondConditions, 1, second, resumptions));
    }

    @Test
    void shouldFindEqualRunsIdentical() {
        RunComparison comparison = compare(rounds("aa", "bb"), rounds("aa", "bb"));

        assertThat(comparison.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(ComparisonReport.of(comparison)).isEqualTo("identical: rounds=2\n");
    }

    @Test
    void shouldCompareCommonRounds() {
        firstRound = 3;

        RunComparison same = compare(rounds("cc", "dd"), rounds("aa", "bb", "cc", "dd"));
        assertThat(same.exitCode()).isEqualTo(ExitCode.SHORTER);
        assertThat(ComparisonReport.of(same))
                .isEqualTo("identical from round 3 to 4, which both runs have: rounds=3 to 4 against 4\n");
        assertThat(ComparisonReport.of(compare(rounds("cc", "xx"), rounds("aa", "bb", "cc", "dd"))))
                .startsWith("different: round=4, identical before=1\n");
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> compare(rounds("cc"), rounds("aa", "bb")))
                .withMessage("no round to compare: rounds=3 to 3 against 2, expected=a common round; choose files with"
                        + " the same rounds");
    }

    @Test
    void shouldNameTheFirstRoundThatDiffersWithBothValues() {
        RunComparison comparison = compare(rounds("aa", "bb", "cc"), rounds("aa", "xx", "yy"));

        assertThat(comparison.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(ComparisonReport.of(comparison)).isEqualTo("""
                        different: round=2, identical before=1
                          sha256             bb against xx
                        no recorded condition that may change results differs: check what is not recorded, such as \
                        the content of data files and your own code
                        """);
    }

    @Test
    void shouldFindOtherDifferentValuesAndMissingOnes() {
        List<Map<String, Object>> second = rounds("aa");
        second.get(0).put("accuracy", 0.25);
        second.get(0).put("surprise", 1);
        second.get(0).remove("dropped");

        assertThat(compare(rounds("aa"), second).firstDifferences())
                .containsExactly(
                        new Difference("accuracy", 0.5, 0.25),
                        new Difference("dropped", 0, null),
                        new Difference("surprise", null, 1));
    }

    @Test
    void shouldIgnoreTimesAndRetries() {
        List<Map<String, Object>> first = rounds("aa");
        List<Map<String, Object>> second = rounds("aa");
        first.get(0).putAll(Map.of("total_seconds", 1.5, "retries", 0));
        second.get(0).putAll(Map.of("total_seconds", 2.5, "retries", 3));

        assertThat(compare(first, second).exitCode()).isEqualTo(ExitCode.OK);
    }

    @Test
    void shouldCompareNonFiniteResultsIfBothRunsRecordThem() {
        List<Map<String, Object>> old = rounds("aa");
        List<Map<String, Object>> none = rounds("aa");
        List<Map<String, Object>> some = rounds("aa");
        none.get(0).put("non_finite", 0);
        some.get(0).put("non_finite", 2);

        assertThat(compare(old, some).exitCode()).isEqualTo(ExitCode.OK);
        assertThat(compare(some, old).exitCode()).isEqualTo(ExitCode.OK);
        assertThat(compare(none, some).firstDifferences()).containsExactly(new Difference("non_finite", 0, 2));
    }

    @Test
    void shouldTellSettingsThatMayChangeResultsFromOthers() {
        secondConditions.put("dir_alpha", 0.5);
        secondConditions.put("num_parallels", 8);
        secondConditions.put("environment", Map.of("cpuCapability", "AVX512", "libc", "glibc 2.36"));

        assertThat(ComparisonReport.of(compare(rounds("aa"), rounds("bb")))).isEqualTo("""
                        different: round=1, identical before=0
                          sha256             aa against bb
                        conditions that differ and may change results
                          dir_alpha          none against 0.5
                          cpuCapability      AVX2 against AVX512
                          libc               none against glibc 2.36
                        conditions that differ and never change results
                          num_parallels      2 against 8
                        """);
        assertThat(ComparisonReport.of(compare(rounds("aa"), rounds("aa"))))
                .startsWith("identical: rounds=1\nconditions that differ and may change results\n  dir_alpha");
    }

    @Test
    void shouldSayWhereOneRunEndsEarlier() {
        RunComparison comparison = compare(rounds("aa", "bb", "cc"), rounds("aa", "bb"));

        assertThat(comparison.exitCode()).isEqualTo(ExitCode.SHORTER);
        assertThat(ComparisonReport.of(comparison))
                .isEqualTo("identical up to round 2, where one run ends: rounds=3 against 2\n");
    }

    @Test
    void shouldReportADifferentRoundBeforeAnEarlierEnd() {
        RunComparison comparison = compare(rounds("aa", "bb", "cc"), rounds("aa", "xx"));

        assertThat(comparison.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(comparison.isOneShorter()).isFalse();
    }

    @Test
    void shouldTakeLibTorchsDefaultsForWhatEarlierVersionsDidNotRecord() {
        Map<String, Object> settings = new LinkedHashMap<>(Map.of("cpuCapability", "AVX2"));
        settings.putAll(Map.of("cudaConvPrecision", "TF32", "cudaRnnPrecision", "TF32"));
        settings.put("fillUninitializedMemory", true);
        secondConditions.put("environment", settings);
        assertThat(compare(rounds("aa"), rounds("aa")).conditions()).isEmpty();

        settings.put("cudaConvPrecision", "IEEE");
        settings.put("fillUninitializedMemory", false);
        assertThat(ComparisonReport.of(compare(rounds("aa"), rounds("bb"))))
                .contains("cudaConvPrecision  TF32 against IEEE")
                .contains("fillUninitializedMemory true against false");
    }

    @Test
    void shouldReportConditionsThatChangedWhenARunWasResumed() {
        Map<String, Object> later = conditions();
        later.put("num_parallels", 8);
        later.put("environment", Map.of("cpuCapability", "AVX512"));
        resumptions.add(new RecordedRun.Resumption(3, conditions()));
        resumptions.add(new RecordedRun.Resumption(5, later));

        assertThat(ComparisonReport.of(compare(rounds("aa"), rounds("aa")))).isEqualTo("""
                        identical: rounds=1
                        conditions that changed when a run was resumed: file=b, after round=5
                          cpuCapability      AVX2 against AVX512
                        """);
    }

    @Test
    void shouldSayWhichRunDidNotRecordItsConditions() {
        firstConditions.clear();

        assertThat(ComparisonReport.of(compare(rounds("aa"), rounds("aa"))))
                .isEqualTo("identical: rounds=1\nconditions not recorded: file=a\n");
    }

    @Test
    void shouldNameRecordedDataInsteadOfItsFolder() {
        firstConditions.putAll(Map.of("data_dir", "/a", "data_sha256", "11"));
        secondConditions.putAll(Map.of("data_dir", "/b", "data_sha256", "22"));

        assertThat(ComparisonReport.of(compare(rounds("aa"), rounds("bb")))).isEqualTo("""
                        different: round=1, identical before=0
                          sha256             aa against bb
                        conditions that differ and may change results
                          data_sha256        11 against 22
                        conditions that differ and never change results
                          data_dir           /a against /b
                        """);

        secondConditions.put("data_sha256", "11");
        assertThat(ComparisonReport.of(compare(rounds("aa"), rounds("bb"))))
                .contains("not recorded, such as your own code\n");
    }

    @Test
    void shouldTreatAnotherFolderAsOtherDataIfDataIsNotRecorded() {
        firstConditions.put("data_dir", "/a");
        secondConditions.putAll(Map.of("data_dir", "/b", "data_sha256", "22"));

        RunComparison comparison = compare(rounds("aa"), rounds("bb"));

        assertThat(comparison.harmless()).isEmpty();
        assertThat(comparison.conditions()).extracting(Difference::name).containsExactly("data_dir", "data_sha256");
    }

    @Test
    void shouldNameEnginesThatDiffer() {
        firstConditions.putAll(Map.of("engine", "auto", "engine_used", "native"));
        secondConditions.putAll(Map.of("engine", "libtorch", "engine_used", "libtorch"));

        assertThat(compare(rounds("aa"), rounds("bb")).conditions())
                .containsExactlyInAnyOrder(
                        new Difference("engine", "auto", "libtorch"),
                        new Difference("engine_used", "native", "libtorch"));
    }

    @Test
    void shouldTakeRunsWithoutAnEngineForLibTorchs() {
        secondConditions.putAll(Map.of("engine", "auto", "engine_used", "native"));
        assertThat(compare(rounds("aa"), rounds("bb")).conditions())
                .containsExactlyInAnyOrder(
                        new Difference("engine", "libtorch", "auto"),
                        new Difference("engine_used", "libtorch", "native"));

        secondConditions.put("engine_used", "libtorch");
        assertThat(ComparisonReport.of(compare(rounds("aa"), rounds("aa")))).isEqualTo("""
                        identical: rounds=1
                        conditions that differ and never change results
                          engine             libtorch against auto
                        """);
    }

    @Test
    void shouldEscapeControlCharactersOfAHostileFile() {
        secondConditions.put("\u001b]0;title\u0007", "\u202ekcatta");
        List<Map<String, Object>> hostile = rounds("\u001b[2J\nidentical: rounds=1");
        Map<String, Object> later = conditions();
        later.put("algorithm", List.of("\u009b31m"));
        resumptions.add(new RecordedRun.Resumption("1\r", later));

        assertThat(ComparisonReport.of(compare(rounds("aa"), hostile))).isEqualTo("""
                        different: round=1, identical before=0
                          sha256             aa against \\u001b[2J\\u000aidentical: rounds=1
                        conditions that changed when a run was resumed: file=b, after round=1\\u000d
                          algorithm          fedavg against [\\u009b31m]
                          \\u001b]0;title\\u0007 \\u202ekcatta against none
                        conditions that differ and may change results
                          \\u001b]0;title\\u0007 none against \\u202ekcatta
                        """);
    }
}
