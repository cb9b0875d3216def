package org.blazefl4j.cli.bench;

import java.util.List;
import java.util.Locale;

/** The page's style sheet, light or dark as the reader's system. */
final class Palette {

    private static final List<String> LIGHT =
            List.of("#5b6b7b", "#2f6fd0", "#c98500", "#2a8f45", "#d9483b", "#8a4fd3", "#8a6240");
    private static final List<String> DARK =
            List.of("#9fb0c0", "#6ea8ff", "#f0b93a", "#5fd07f", "#ff8577", "#c39bff", "#d0a27a");

    /** The number of series colours, which is the number of phases. */
    static final int COLOURS = LIGHT.size();

    private Palette() {}

    static String css() {
        StringBuilder css = new StringBuilder(String.format(Locale.ROOT, """
                :root { color-scheme: light dark; --ink: #1c2126; --soft: #5c6670; --rule: #d5dae0; --paper: #ffffff;
                %s }
                @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #a3adb7; --rule: #3a424b;
                --paper: #14181c; %s } }
                body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
                font: 15px/1.5 system-ui, sans-serif; }
                h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; border-top: 1px solid var(--rule);
                padding-top: 1.5rem; font-size: 1.3rem; } h3 { margin: 1.8rem 0 .4rem; font-size: 1.05rem; }
                p { color: var(--soft); max-width: 48rem; } .warning { color: var(--c4); }
                .wide { overflow-x: auto; }
                table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
                caption { text-align: left; color: var(--soft); padding: .3rem 0; }
                th, td { padding: .2rem .7rem .2rem 0; border-bottom: 1px solid var(--rule); text-align: left;
                vertical-align: top; font-weight: normal; } thead th { color: var(--soft); }
                .number { text-align: right; padding: .2rem 0 .2rem .9rem; }
                svg { display: block; width: 100%%; height: auto; margin: .4rem 0; }
                svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
                .grid { stroke: var(--rule); } .axis { stroke: var(--soft); }
                .bare { stroke: var(--soft); stroke-dasharray: 5 4; } .mark { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 3 2; }
                .curve { fill: none; stroke-width: 2; } .span { stroke-width: 2; }
                """, variables(LIGHT), variables(DARK)));
        for (int i = 0; i < COLOURS; i++) {
            css.append(".fill" + i + " { fill: var(--c" + i + "); } .stroke" + i + " { stroke: var(--c" + i + "); }\n");
        }
        return css.toString();
    }

    private static String variables(List<String> colours) {
        StringBuilder variables = new StringBuilder();
        for (int i = 0; i < COLOURS; i++) {
            variables.append("--c" + i + ": " + colours.get(i) + "; ");
        }
        return variables.toString();
    }
}
