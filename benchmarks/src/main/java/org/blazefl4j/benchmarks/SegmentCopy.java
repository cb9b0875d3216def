package org.blazefl4j.benchmarks;

import java.util.concurrent.TimeUnit;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Measures copies of a model into shared memory and out of it; the baseline is memcpy in private memory. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0")
public class SegmentCopy {

    /** The length of the vector: the tutorial's CNN and ResNet-18 for 10 classes. */
    @Param({"62006", "11191262"})
    public int floats;

    private Segment segment;
    private Tensor shared;
    private Tensor source;
    private Tensor target;

    /** Maps the segment and touches all memory. */
    @Setup(Level.Trial)
    public void setUp() {
        LibTorch.tune();
        torch.set_num_threads(1);
        segment = Segment.create(4L * floats);
        shared = segment.tensor(0, ScalarType.Float, floats);
        source = torch.rand(floats);
        target = torch.rand(floats);
        shared.copy_(source);
    }

    /** Frees the memory. */
    @TearDown(Level.Trial)
    public void tearDown() {
        shared.close();
        source.close();
        target.close();
        segment.close();
    }

    /** Copies in private memory. */
    @Benchmark
    @Baseline
    public void memcpy() {
        Pointer.memcpy(target.data_ptr(), source.data_ptr(), 4L * floats);
    }

    /** Copies as a worker that returns its result. */
    @Benchmark
    public void intoSegment() {
        shared.copy_(source);
    }

    /** Copies as a worker that loads the global model. */
    @Benchmark
    public void outOfSegment() {
        target.copy_(shared);
    }
}
