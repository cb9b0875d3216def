/** A federated-learning simulator on LibTorch: what is exported here is the public API. */
module org.blazefl4j {
    requires transitive org.bytedeco.javacpp;
    requires transitive org.bytedeco.pytorch;
    requires org.bytedeco.openblas;
    requires jdk.unsupported;
    requires jdk.httpserver; // serves pages of runs that go on
    requires static transitive org.jspecify;
    requires static java.desktop; // decodes folders of images

    // The command line, the latency lab and the result files only
    requires static com.fasterxml.jackson.jr.ob;
    requires static de.siegmar.fastcsv;
    requires static HdrHistogram;
    requires static info.picocli;
    requires static me.tongfei.progressbar;
    requires static org.tomlj;

    exports org.blazefl4j.checkpoint;
    exports org.blazefl4j.core;
    exports org.blazefl4j.core.stop;
    exports org.blazefl4j.trainer;
    exports org.blazefl4j.torch;
    exports org.blazefl4j.model;
    exports org.blazefl4j.modelfile;
    exports org.blazefl4j.data;
    exports org.blazefl4j.data.file;
    exports org.blazefl4j.reproducibility;
    exports org.blazefl4j.contrib.common;
    exports org.blazefl4j.contrib.dsfl;
    exports org.blazefl4j.contrib.fedavg;
    exports org.blazefl4j.contrib.scaffold;
    exports org.blazefl4j.federation;
    exports org.blazefl4j.federation.algorithm;
    exports org.blazefl4j.federation.sampling;
    exports org.blazefl4j.metrics;

    opens org.blazefl4j.cli to
            info.picocli;
    opens org.blazefl4j.cli.bench; // to all, so that picocli finds the texts there
    opens org.blazefl4j.cli.console to
            info.picocli;
    opens org.blazefl4j.cli.doctor to
            info.picocli;
    opens org.blazefl4j.cli.export to
            info.picocli;
    opens org.blazefl4j.cli.options to
            info.picocli;
    opens org.blazefl4j.cli.report to
            info.picocli;
    opens org.blazefl4j.cli.run; // likewise
    opens org.blazefl4j.cli.sweep to
            info.picocli;
    opens org.blazefl4j.cli.verify to
            info.picocli;
}
