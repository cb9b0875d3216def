package org.blazefl4j.modelfile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Files that PyTorch wrote by {@code model_files.py}, and what PyTorch says is in them. */
public final class ModelFixtures {

    private ModelFixtures() {}

    public static Path file(String name) {
        try {
            return Path.of(ModelFixtures.class
                    .getResource("/fixtures/modelfiles/" + name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] bytes(String name) {
        try {
            return Files.readAllBytes(file(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns dtype, shape and SHA-256 of each tensor of {@code state} or {@code views}. */
    static Map<String, String> contents(String stem) {
        try (var lines = Files.lines(file("contents.txt"))) {
            Map<String, String> contents = new LinkedHashMap<>();
            lines.map(line -> line.split(" "))
                    .filter(words -> words[0].equals(stem))
                    .forEach(words -> contents.put(words[1], words[2].substring(6) + " " + words[3] + " " + words[4]));
            return contents;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Describes tensors likewise. */
    static Map<String, String> describe(StateDict state) {
        Map<String, String> described = new LinkedHashMap<>();
        state.tensors().forEach((name, tensor) -> described.put(name, describe(tensor)));
        return described;
    }

    private static String describe(Tensor tensor) {
        String dtype = switch (tensor.scalar_type().intern()) {
            case Double -> "float64";
            case Float -> "float32";
            case Half -> "float16";
            case BFloat16 -> "bfloat16";
            case Long -> "int64";
            case Int -> "int32";
            case Short -> "int16";
            case Char -> "int8";
            case Byte -> "uint8";
            default -> "bool";
        };
        List<String> sizes =
                java.util.Arrays.stream(tensor.shape()).mapToObj(Long::toString).toList();
        return dtype + " " + (sizes.isEmpty() ? "-" : String.join("x", sizes)) + " " + Tensors.sha256(tensor);
    }
}
