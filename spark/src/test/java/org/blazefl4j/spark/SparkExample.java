package org.blazefl4j.spark;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.trainer.TrainerOptions;

/** What {@code docs/spark.md} shows. */
final class SparkExample {

    private SparkExample() {}

    static void run(Federation federation) {
        // begin docs/spark.md
        try (var spark = new JavaSparkContext(new SparkConf().setAppName("study"));
                var handler = federation.handler();
                var trainer = new SparkClientTrainer<>(spark, federation.clients(), TrainerOptions.defaults())) {
            new Simulation<>(handler, trainer).run();
        }
        // end docs/spark.md
    }
}
