package org.blazefl4j.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;

/** A checkpoint part made of named values. */
final class Values implements Checkpointable {

    final Map<String, Object> now = new LinkedHashMap<>();

    static Values of(String name, Object value) {
        Values values = new Values();
        values.now.put(name, value);
        return values;
    }

    @Override
    public void save(CheckpointWriter out) {
        now.forEach(out::put);
    }

    @Override
    public void restore(CheckpointReader in) {
        now.clear();
        in.names().forEach(name -> now.put(name, in.get(name, Object.class)));
    }
}
