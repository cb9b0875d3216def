package org.blazefl4j.cli.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.blazefl4j.util.Arguments;

/** An element of HTML or SVG. Escapes text and attributes, and writes well-formed XML. */
final class Element {

    private final String name;
    private final Map<String, String> attributes = new LinkedHashMap<>();
    /** Elements and escaped text. */
    private final List<Object> content = new ArrayList<>();

    private Element(String name) {
        this.name = name;
    }

    /** Creates an empty element. */
    static Element of(String name) {
        return new Element(name);
    }

    /** Creates an element with text. */
    static Element of(String name, String text) {
        return of(name).text(text);
    }

    Element with(String attribute, String value) {
        attributes.put(attribute, value);
        return this;
    }

    /** Sets a number with at most two decimals. */
    Element with(String attribute, double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return with(attribute, text.replaceAll("\\.?0+$", ""));
    }

    Element add(Element child) {
        content.add(child);
        return this;
    }

    Element text(String text) {
        content.add(escaped(text));
        return this;
    }

    /**
     * Adds data of a script or style element, which browsers do not unescape.
     *
     * @param data text without {@code <} and {@code &}
     */
    Element data(String data) {
        Arguments.require(
                !data.contains("<") && !data.contains("&"),
                "data holds markup: element=" + name + ", expected=no < and no &");
        content.add(data);
        return this;
    }

    private static String escaped(String text) {
        return text.replaceAll("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]", "\uFFFD") // not allowed in XML
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

    /** HTML reads {@code <td/>} as a start tag, so only void elements may be written like this. */
    private boolean isVoid() {
        return List.of("meta", "br", "rect", "line", "path", "circle").contains(name);
    }
}
