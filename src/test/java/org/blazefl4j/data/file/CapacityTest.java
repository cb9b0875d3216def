package org.blazefl4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

final class CapacityTest {

    private static final Path FILE = Path.of("a.csv");

    @Test
    void shouldGrowToTheLimitAndRefuseMore() throws IOException {
        assertThat(Capacity.next(FILE, "rows", 4, 11)).isEqualTo(8);
        assertThat(Capacity.next(FILE, "rows", 8, 11)).isEqualTo(11);
        assertThat(Capacity.next(FILE, "rows", 1 << 30, Capacity.MOST)).isEqualTo(Capacity.MOST);
        assertThatThrownBy(() -> Capacity.next(FILE, "rows", 11, 11))
                .isInstanceOf(IOException.class)
                .hasMessage("too many rows: file=a.csv, rows=more than 11, limit=11; take a part of them");
    }

    @Test
    void shouldRefuseMoreFeaturesThanAnArrayHolds() {
        Table table = new Table(Path.of("t.csv"), 1);
        List<Table.Feature> features = Collections.nCopies(1 << 16, new Table.Scaled(0, 0, 1));

        assertThatThrownBy(() -> table.features(new long[1 << 15], features))
                .isInstanceOf(IOException.class)
                .hasMessage("too many numbers: file=t.csv, rows=32768, features=65536, limit=2147483639 for rows times"
                        + " features; ignore columns, above all those of many categories, or take fewer rows");
    }

    @Test
    void shouldKeepRowsOfTablesThatGrow() throws IOException {
        for (int columns : new int[] {1, 3, 1 << 20}) {
            Table table = new Table(FILE, columns);
            int rows = columns == 1 << 20 ? 9 : 3000;
            try (PointerScope scope = new PointerScope()) {
                for (int row = 0; row < rows; row++) {
                    table.set(columns - 1, row);
                    table.end(row, 2 * row);
                }
                assertThat(table.rows()).isEqualTo(rows);
                for (int row = 0; row < rows; row++) {
                    assertThat(table.get(row, columns - 1)).isEqualTo(row);
                    assertThat(table.owner(row)).isEqualTo(2 * row);
                }
            }
        }
    }
}
