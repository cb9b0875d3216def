package org.blazefl4j.cli.bench;

import java.util.List;

/** An SVG drawing of fixed size with a title, a description for screen readers, axes and a legend. */
final class Chart {

    static final double WIDTH = 760;
    static final double RIGHT = WIDTH - 56;
    static final double LEGEND_HEIGHT = 22;

    private static final double LEGEND_GAP = 34;
    private static final double LETTER = 6.6;
    private static final double SWATCH = 11;

    private final Element svg;

    /**
     * Creates an empty drawing.
     *
     * @param height the height in pixels; the width is {@value #WIDTH}
     */
    Chart(String title, String description, double height) {
        svg = Element.of("svg")
                .with("role", "img")
                .with("viewBox", "0 0 " + Math.round(WIDTH) + " " + Math.round(height))
                .add(Element.of("title", title))
                .add(Element.of("desc", description));
    }

    Element svg() {
        return svg;
    }

    Chart add(Element element) {
        svg.add(element);
        return this;
    }

    /** Adds text whose baseline is at a point; anchored at its start, middle or end. */
    Chart text(double x, double y, String anchor, String text) {
        return add(Element.of("text", text).with("x", x).with("y", y).with("text-anchor", anchor));
    }

    /** Adds a row at the top with the names of the series, each with a swatch of its colour. */
    Chart legend(List<String> names) {
        double x = 2;
        for (int i = 0; i < names.size(); i++) {
            add(Element.of("rect")
                    .with("class", fill(i))
                    .with("x", x)
                    .with("y", 3)
                    .with("width", SWATCH)
                    .with("height", SWATCH));
            text(x + SWATCH + 5, 13, "start", names.get(i));
            x += LEGEND_GAP + names.get(i).length() * LETTER;
        }
        return this;
    }

    /** Adds a horizontal axis below the drawing area, with grid lines. */
    Chart axisBelow(Scale scale, double top, double bottom, String title) {
        for (double tick : scale.ticks()) {
            line("grid", scale.at(tick), top, scale.at(tick), bottom);
            text(scale.at(tick), bottom + 16, "middle", Scale.label(tick));
        }
        line("axis", scale.at(scale.ticks().get(0)), bottom, RIGHT, bottom);
        return text(RIGHT, bottom + 34, "end", title);
    }

    /** Adds a vertical axis left of the drawing area, with grid lines. */
    Chart axisLeft(Scale scale, double left, String title) {
        double top = scale.at(scale.ticks().get(scale.ticks().size() - 1));
        for (double tick : scale.ticks()) {
            line("grid", left, scale.at(tick), RIGHT, scale.at(tick));
            text(left - 8, scale.at(tick) + 4, "end", Scale.label(tick));
        }
        return text(2, top - 12, "start", title);
    }

    Chart line(String style, double x1, double y1, double x2, double y2) {
        return add(Element.of("line")
                .with("class", style)
                .with("x1", x1)
                .with("y1", y1)
                .with("x2", x2)
                .with("y2", y2));
    }

    /** Returns the style of a series' areas. */
    static String fill(int series) {
        return "fill" + series % Palette.COLOURS;
    }

    /** Returns the style of a series' lines. */
    static String stroke(int series) {
        return "stroke" + series % Palette.COLOURS;
    }
}
