package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.model.ModelName;
import org.junit.jupiter.api.Test;

final class WorkTest {

    @Test
    void shouldDescribeItsRounds() {
        assertThat(new EmptyWork(62_006).kind()).isEqualTo("empty");
        assertThat(new EmptyWork(62_006).size()).isEqualTo("62006 floats");
        assertThat(new TrainingWork(ModelName.CNN, 100, 50).kind()).isEqualTo("training");
        assertThat(new TrainingWork(ModelName.CNN, 100, 50).size()).isEqualTo("cnn");
    }
}
