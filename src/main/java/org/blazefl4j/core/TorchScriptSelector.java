package org.blazefl4j.core;

import java.nio.file.Path;
import org.blazefl4j.model.Model;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Sha256;

/**
 * {@link ModelSelector#torchScript}.
 *
 * @param file as a text, which crosses into worker processes
 * @param sha256 of the file when the selector was made
 */
record TorchScriptSelector(String file, String sha256) implements ModelSelector<ModelSelector.Only> {

    static TorchScriptSelector of(Path file) {
        Path absolute = file.toAbsolutePath();
        return new TorchScriptSelector(absolute.toString(), Sha256.hex(absolute));
    }

    @Override
    public Model selectModel(Only name) {
        String found = Sha256.hex(Path.of(file));
        Arguments.require(
                found.equals(sha256),
                "TorchScript file changed: file=" + file + ", sha256=" + found + ", expected=" + sha256
                        + ", as when the selector was made; restore the file, or start again");
        return Model.torchScript(Path.of(file));
    }
}
