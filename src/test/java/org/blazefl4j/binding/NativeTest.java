package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

/** Tests that arguments and results pass the binding unchanged; native/test tests the functions. */
class NativeTest {

    private static final int ENOENT = 2;
    private static final int EINVAL = 22;

    @Test
    void shouldPassTextBothWays() {
        assertThat(Native.errorText(ENOENT)).isEqualTo("No such file or directory");
        assertThat(Native.shmCreate("/no such folder", 1)).isEqualTo(-ENOENT);
    }

    @Test
    void shouldPassAddressesAndNumbers() {
        long sum = Native.exactSumCreate(2);
        long other = Native.exactSumCreate(2);
        try (DoublePointer total = new DoublePointer(1.0, 2.0);
                FloatPointer x = new FloatPointer(10f, 20f);
                FloatPointer y = new FloatPointer(1f, 2f);
                FloatPointer mean = new FloatPointer(2)) {
            long[] vectors = {x.address(), y.address()};
            double[] weights = {2.5, 5.0};
            assertThat(Native.exactSumAdd(sum, total.address(), 0, 2)).isZero();
            assertThat(Native.exactSumFold(other, vectors, weights, 2, 0, 2)).isZero();
            assertThat(Native.exactSumMerge(sum, other, 0, 2)).isZero();
            assertThat(Native.exactSumClear(other)).isZero();
            assertThat(Native.exactSumPart(other, 0, total.address(), 0, 2)).isZero();
            assertThat(Native.exactSumPart(sum, 0, total.address(), 0, 2)).isOne();
            assertThat(total.get(0)).isEqualTo(31.0);
            assertThat(total.get(1)).isEqualTo(62.0);
            assertThat(Native.exactSumDivide(sum, mean.address(), 2.0, 0, 2)).isZero();
            assertThat(mean.get(0)).isEqualTo(15.5f);
            assertThat(mean.get(1)).isEqualTo(31f);
            assertThat(Native.copy(mean.address() + 4, mean.address(), 4)).isZero();
            assertThat(mean.get(1)).isEqualTo(15.5f);
        } finally {
            assertThat(Native.exactSumFree(sum)).isZero();
            assertThat(Native.exactSumFree(other)).isZero();
        }
    }

    @Test
    void shouldRefuseWrongAddresses() {
        assertThat(Native.exactSumFold(0, new long[] {8}, new double[] {1.0}, 1, 0, 1))
                .isEqualTo(-EINVAL);
        assertThat(Native.copy(0, 0, 1)).isEqualTo(-EINVAL);
        assertThat(Native.map(-1, 0, 1)).isEqualTo(-EINVAL);
    }

    @Test
    void shouldNameTheDevicesOrWhyThereAreNone() {
        assertThat(Native.cudaWhyNone().isEmpty()).isEqualTo(Native.cudaDeviceCount() > 0);
        assertThat(Native.cpuFeatures()).isNotNull().doesNotEndWith(" ");
    }

    @Test
    void shouldUseTheNumbersOfTheBoardsHeader() throws IOException, IllegalAccessException {
        String header = Files.readString(Path.of("native/include/bfl_board.h"));
        for (Field number : JobBoard.class.getFields()) {
            String value = number.getName().endsWith("MASK")
                    ? "0x" + Long.toHexString(number.getLong(null))
                    : Long.toString(number.getLong(null));
            assertThat(header).contains("#define BFL_" + number.getName() + " " + value + "\n");
        }
    }

    @Test
    void shouldNameTheOffsetsOfTheBoardsPicture() throws IOException {
        String header = Files.readString(Path.of("native/include/bfl_board.h"));
        Matcher drawn = Pattern.compile("// +(\\d+) \\| (\\w+)").matcher(header);
        Map<String, String> offsets = new TreeMap<>();
        while (drawn.find()) {
            offsets.put(drawn.group(2).toUpperCase(Locale.ROOT), drawn.group(1));
        }
        List<String> lines = header.lines().toList();
        int first = lines.indexOf(lines.stream()
                .filter(line -> line.contains("| magic"))
                .findFirst()
                .orElseThrow());
        String[] columns = lines.get(first - 2).substring(2).trim().split(" +");
        String[] names = lines.get(first).toUpperCase(Locale.ROOT).split("\\|");
        for (int i = 0; i < columns.length; i++) {
            offsets.put(names[i + 1].trim(), columns[i]);
        }
        Map<String, String> named = new TreeMap<>();
        Matcher define =
                Pattern.compile("#define BFL_BOARD_(\\w+)_OFFSET (\\d+)\n").matcher(header);
        while (define.find()) {
            named.put(define.group(1), define.group(2));
        }
        assertThat(named).isEqualTo(offsets).hasSize(12);
    }

    @Test
    void shouldFindItsOwnProcess() {
        assertThat(Native.pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(Native.parentPid())
                .isEqualTo(ProcessHandle.current().parent().orElseThrow().pid());
    }
}
