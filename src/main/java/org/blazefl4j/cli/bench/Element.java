package org.blazefl4j.cli.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An element of HTML or SVG. Texts and attributes are escaped where they are written, so that none can become markup.
 * What it writes is well-formed XML too.
 */
final class Element {

    private final String name;
    private final Map<String, String> attributes = new LinkedHashMap<>();
    /** Elements, and texts that are escaped already. */
    private final List<Object> content = new ArrayList<>();

    private Element(String name) {
        this.name = name;
    }

    /** An empty element. */
    static Element of(String name) {
        return new Element(name);
    }

    /** An element with text in it. */
    static Element of(String name, String text) {
        return of(name).text(text);
    }

    Element with(String attribute, String value) {
        attributes.put(attribute, value);
        return this;
    }

    /** With two decimals at most, enough for coordinates. */
    Element with(String attribute, double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return with(attribute, text.replaceAll("\\.?0+$", ""));
    }

    Element add(Element child) {
        content.add(child);
        return this;
    }

    Element add(Collection<Element> children) {
        content.addAll(children);
        return this;
    }

    Element text(String text) {
        content.add(escaped(text));
        return this;
    }

    /**
     * Data of a script or style element, which browsers do not unescape.
     *
     * @param data without {@code <} and {@code &}
     */
    Element data(String data) {
        if (data.contains("<") || data.contains("&")) {
            throw new IllegalArgumentException("data holds markup: element=" + name + ", limit=no < and no &");
        }
        content.add(data);
        return this;
    }

    private static String escaped(String text) {
        return text.replaceAll("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]", "\uFFFD") // XML has no such characters
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        writeTo(text);
        return text.toString();
    }

    private void writeTo(StringBuilder text) {
        text.append('<').append(name);
        attributes.forEach((attribute, value) -> text.append(' ')
                .append(attribute)
                .append("=\"")
                .append(escaped(value))
                .append('"'));
        if (content.isEmpty() && isVoid()) {
            text.append("/>");
            return;
        }
        text.append('>');
        for (Object each : content) {
            if (each instanceof Element child) {
                child.writeTo(text);
            } else {
                text.append(each);
            }
        }
        text.append("</").append(name).append(">");
    }

    /** HTML takes {@code <td/>} for a start. */
    private boolean isVoid() {
        return List.of("meta", "br", "rect", "line", "path", "circle").contains(name);
    }
}
