package org.blazefl4j.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A picture of a page, as figures: the page's script draws them. Has no colours or sizes of its own. */
public final class Chart implements Part {

    private final Map<String, Object> map = new LinkedHashMap<>();
    private final List<Series> series = new ArrayList<>();

    private Chart(String kind, String title) {
        map.put("kind", kind);
        map.put("title", title);
    }

    /** Returns a chart of lines. */
    public static Chart lines(String title, Axis x, Axis y) {
        Chart chart = new Chart("lines", title);
        chart.map.put("x", x.toMap());
        chart.map.put("y", y.toMap());
        return chart;
    }

    /** Returns a chart of lines one above the other: the height of the areas between them adds up. */
    public static Chart areas(String title, Axis x, Axis y) {
        Chart chart = lines(title, x, y);
        chart.map.put("stacked", true);
        return chart;
    }

    /** Returns a horizontal bar per category, with a piece per series. */
    public static Chart bars(String title, Axis value, List<String> categories) {
        return ofCategories("bars", title, value, categories);
    }

    /** Returns a line per category, from the value of the first series to that of the last, with a dot for each. */
    public static Chart dots(String title, Axis value, List<String> categories) {
        return ofCategories("dots", title, value, categories);
    }

    private static Chart ofCategories(String kind, String title, Axis value, List<String> categories) {
        Chart chart = new Chart(kind, title);
        chart.map.put("value", value.toMap());
        chart.map.put("categories", categories);
        return chart;
    }

    /**
     * Returns a field of cells in shades, from 0 to 1.
     *
     * @param column what a column is, such as {@code client}
     * @param row what a row is, such as {@code class}
     * @param cell what the shade of a cell says
     * @param columns their names
     * @param rows their names
     * @param cells by column, then by row
     */
    public static Chart heat(
            String title,
            String column,
            String row,
            String cell,
            List<String> columns,
            List<String> rows,
            List<double[]> cells) {
        Chart chart = new Chart("heat", title);
        chart.map.put("column", column);
        chart.map.put("row", row);
        chart.map.put("cell", cell);
        chart.map.put("columns", columns);
        chart.map.put("rows", rows);
        chart.map.put("cells", cells.stream().map(Numbers::pack).toList());
        return chart;
    }

    /** Adds a line, a piece of each bar, or for cells a strip of bars above them with a value for each column. */
    public Chart add(Series each) {
        series.add(each);
        return this;
    }

    /** Adds a mark across each bar. */
    public Chart mark(Series each) {
        map.put("mark", each.toMap());
        return this;
    }

    /** Says below the title what is to be known of the chart. */
    public Chart note(@Nullable String note) {
        if (note != null) {
            map.put("note", note);
        }
        return this;
    }

    @Override
    public Map<String, Object> toMap() {
        map.put("series", series.stream().map(Series::toMap).toList());
        return map;
    }
}
