package org.blazefl4j.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** Starts one cluster of two workers, and one application on it, for all test classes. */
final class OnCluster implements BeforeAllCallback {

    private static Running running;

    private static final class Running implements AutoCloseable {

        private final Path folder;
        private final Cluster cluster;
        private final JavaSparkContext spark;

        Running() throws IOException {
            folder = Files.createTempDirectory("blazefl4j-cluster");
            cluster = new Cluster(folder, 2, 2);
            SparkConf conf = cluster.conf("tests")
                    .set("spark.task.maxFailures", "2")
                    .set("spark.speculation", "true")
                    .set("spark.speculation.quantile", "0.5")
                    .set("spark.speculation.minTaskRuntime", "1s");
            spark = new JavaSparkContext(conf);
        }

        @Override
        public void close() throws IOException {
            spark.close();
            cluster.close();
            Cluster.delete(folder);
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        if (running == null) {
            running = new Running();
            context.getRoot().getStore(Namespace.GLOBAL).put(OnCluster.class, running);
        }
    }

    static Cluster cluster() {
        return running.cluster;
    }

    static JavaSparkContext spark() {
        return running.spark;
    }
}
