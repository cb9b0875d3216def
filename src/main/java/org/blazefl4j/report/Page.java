package org.blazefl4j.report;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.binding.Build;
import org.blazefl4j.util.Libraries;
import org.blazefl4j.util.WholeFile;

/**
 * A page that carries all it needs: its figures as JSON in the element {@code data}, the script that draws them, the
 * chart library and the style sheet. Opens without a network, and forbids the browser to use one. Needs jackson-jr on
 * the class path.
 */
public final class Page {

    private final String title;
    private final List<String> lead;
    private final List<Map<String, Object>> sections = new ArrayList<>();
    private final Map<String, Object> extra = new LinkedHashMap<>();

    /**
     * Creates a page without sections.
     *
     * @param lead the paragraphs below the title
     */
    public Page(String title, List<String> lead) {
        Libraries.require(Page.class, "com.fasterxml.jackson.jr.ob.JSON", Build.library("jackson-jr-objects"));
        this.title = title;
        this.lead = lead;
    }

    /** Adds a section, unless it is empty. */
    public Page add(String heading, List<? extends Part> parts) {
        if (!parts.isEmpty()) {
            Map<String, Object> section = new LinkedHashMap<>();
            section.put("title", heading);
            section.put("parts", parts.stream().map(Part::toMap).toList());
            sections.add(section);
        }
        return this;
    }

    /** Adds the figures behind the page, for programs that read it. */
    public Page source(Map<String, ?> figures) {
        extra.put("source", figures);
        return this;
    }

    /**
     * Has the page ask its server for newer figures, until they come without this.
     *
     * @param seconds the time between two requests
     */
    public Page live(double seconds) {
        extra.put("live", seconds);
        return this;
    }

    /** Returns the page's figures, from which its script makes all that it shows. */
    public String toJson() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("title", title);
        map.put("lead", lead);
        map.put("sections", sections);
        map.putAll(extra);
        try {
            return JSON.std.asString(map);
        } catch (IOException e) {
            throw new UncheckedIOException("maps of numbers and strings convert to JSON", e);
        }
    }

    /** Returns the page. */
    public String toHtml() {
        String connect = extra.containsKey("live") ? "'self'" : "'none'";
        StringBuilder html = new StringBuilder();
        for (String piece : resource("page.html").split("(?=\\{\\{)|(?<=}})")) {
            html.append(
                    switch (piece) {
                        case "{{connect}}" -> connect;
                        case "{{title}}" -> title.replace("&", "&amp;").replace("<", "&lt;");
                        case "{{style}}" -> resource("page.css");
                        case "{{library}}" -> resource("echarts/dist/echarts.min.js");
                        case "{{charts}}" -> resource("charts.js");
                        case "{{script}}" -> resource("page.js");
                        case "{{data}}" -> inScript(toJson());
                        default -> piece;
                    });
        }
        return html.toString();
    }

    /** Escapes markup in the way JSON allows, so that the data cannot end its element. */
    private static String inScript(String json) {
        return json.replace("<", "\\u003c").replace("&", "\\u0026").replace(">", "\\u003e");
    }

    /**
     * Writes the page, whole or not at all.
     *
     * @param file in an existing folder; an existing file is replaced
     * @throws UncheckedIOException if it cannot be written
     */
    public void write(Path file) {
        String html = toHtml();
        WholeFile.write(file, new String(html.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)); // no halves
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(Page.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read a resource of the library: name=" + name, e);
        }
    }
}
