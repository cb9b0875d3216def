package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.blazefl4j.cli.options.OptionNames;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

final class ClientTestImagesTest {

    /** Test images follow each client's share of the class; class 2 has no training images, so none gets it. */
    @Test
    void shouldSpreadEachClassLikeTheTrainingImages() {
        try (Tensor train = Tensors.of(new long[] {0, 0, 0, 0, 1, 1});
                Tensor test = Tensors.of(new long[] {1, 0, 0, 1, 0, 2, 0})) {
            List<long[]> parts = List.of(new long[] {0, 1, 2, 4}, new long[] {3}, new long[] {5});

            assertThat(ClientTestImages.like(train, parts, test).toArray(long[][]::new))
                    .isDeepEqualTo(new long[][] {{0, 1, 2, 4}, {6}, {3}});
        }
    }

    @Test
    void shouldGiveEachClientTheTestImagesOfItsOwners() {
        List<long[]> parts = List.of(new long[] {0, 3}, new long[] {1, 2}, new long[] {4});
        long[] trainOwners = {7, 2, 2, 5, 9};
        long[] testOwners = {2, 5, -1, 8, 7, 2, -1};

        assertThat(ClientTestImages.ofOwners(trainOwners, parts, testOwners).toArray(long[][]::new))
                .isDeepEqualTo(new long[][] {{1, 4}, {0, 5}, {}});
    }

    @Test
    void shouldGiveNoImagesForTooFewTrainingImages() {
        try (Tensor train = Tensors.of(new long[] {0, 0, 0});
                Tensor test = Tensors.of(new long[] {0})) {
            List<long[]> parts = List.of(new long[] {0}, new long[] {1}, new long[] {2});

            assertThat(ClientTestImages.shares(train, parts, test).toArray(long[][]::new))
                    .isDeepEqualTo(new long[][] {{}, {}, {0}});
        }
    }

    @Test
    void shouldNameOptionsWhenAClientHasNoTestImages() {
        try (Tensor train = Tensors.of(new long[] {0, 0, 0});
                Tensor test = Tensors.of(new long[] {0})) {
            List<long[]> parts = List.of(new long[] {0}, new long[] {1}, new long[] {2});

            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ClientTestImages.like(train, parts, test))
                    .satisfies(refusal -> assertThat(OptionNames.in(refusal.getMessage(), SmallRun.of(1).spec))
                            .isEqualTo(
                                    "too few test images: client=0, images=0, total=1, --num-clients=3, limit=1; lower"
                                            + " --num-clients, or omit --evaluate-clients"));
        }
    }
}
