package org.blazefl4j.cli.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.FolderContent;
import org.blazefl4j.util.Printable;
import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/** A file in TOML, as read. */
public record ExperimentFile(Path file, TomlTable content) {

    /** The name of the file in result folders that repeats a run. */
    public static final String NAME = "experiment.toml";

    /**
     * Reads a file.
     *
     * @throws UsageException if it cannot be read, or is not TOML
     */
    public static ExperimentFile read(Path file) {
        TomlParseResult content = parse(file);
        if (content.hasErrors()) {
            TomlParseError error = content.errors().get(0);
            throw new UsageException(
                    "not TOML: " + new Place(file, error.position().line()) + ", found="
                            + Printable.line(error.getMessage()) + "; correct that line");
        }
        return new ExperimentFile(file, content);
    }

    private static TomlParseResult parse(Path file) {
        try {
            return Toml.parse(Files.readString(file));
        } catch (NoSuchFileException e) {
            throw new UsageException("no such file: file=" + Printable.line(file) + ", found="
                    + FolderContent.nearMissing(file) + ", expected=an experiment file");
        } catch (IOException e) {
            throw new UsageException("cannot read the experiment file: file=" + Printable.line(file) + ", found="
                    + Causes.describe(e) + "; choose a readable file of TOML in UTF-8");
        }
    }
}
