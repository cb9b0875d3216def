package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.blazefl4j.core.ModelSelector.Only;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Makes models by the names of their classes. */
final class ModelClassSelectorTest {

    /** Without parameters. */
    public static final class Plain extends Model {
        private final LinearImpl fc = linear("fc", 4, 2);

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(x);
        }
    }

    /** Fails. */
    public static final class Failing extends Model {

        /** Asks for larger images. */
        public Failing(int channels, int height, int width, int classes) {
            throw new IllegalArgumentException("too small: height=" + height);
        }

        @Override
        public Tensor forward(Tensor x) {
            return x;
        }
    }

    private static ModelClassSelector selector(String name, long seed, String... path) {
        return new ModelClassSelector(name, List.of(path), seed, new int[] {1, 2, 2, 2});
    }

    private static String sha256(long seed) {
        try (Model model = selector(Plain.class.getName(), seed).selectModel(Only.MODEL);
                FlatParameters parameters = FlatParameters.of(model);
                Tensor flat = parameters.flatten()) {
            return Tensors.sha256(flat);
        }
    }

    @Test
    void shouldDrawTheParametersFromTheSeed() {
        assertThat(sha256(1)).isEqualTo(sha256(1)).isNotEqualTo(sha256(2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nowhere.Net|no such class: --model-class=nowhere.Net, --model-path=[], expected=the full name of a class"
                        + " in one of these; add its jar or folder",
                "java.lang.String|class is no model: --model-class=java.lang.String, expected=one that extends"
                        + " org.blazefl4j.model.Model",
                "org.blazefl4j.model.Dropout|class cannot be created: --model-class=org.blazefl4j.model.Dropout,"
                        + " expected=a public class with a public constructor (int channels, int height, int width, int"
                        + " classes), or without parameters",
                "org.blazefl4j.cli.run.ModelClassSelectorTest$Failing|model cannot be created:"
                        + " --model-class=org.blazefl4j.cli.run.ModelClassSelectorTest$Failing, found=too small: height=2",
            })
    void shouldRefuseWhatIsNoModel(String name, String message) {
        assertThatThrownBy(() -> selector(name, 1).selectModel(Only.MODEL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void shouldRefuseAPathThatIsNotThere() {
        assertThatThrownBy(() -> selector("own.Net", 1, "/nowhere").selectModel(Only.MODEL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such path: --model-path=/nowhere, expected=an existing jar or folder");
    }
}
