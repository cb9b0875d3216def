package org.blazefl4j.report;

import java.util.Map;

/** A part of a page's section. */
public sealed interface Part permits Chart, Table, Text, Details {

    /** Returns the part as the page's script reads it. */
    Map<String, Object> toMap();
}
