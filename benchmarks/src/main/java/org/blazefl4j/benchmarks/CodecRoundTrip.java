package org.blazefl4j.benchmarks;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures one uplink package to bytes and back, with its tensor as a handle. The baseline writes a record with the
 * same contents and a serialisable handle to new JDK object streams.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0")
public class CodecRoundTrip {

    private static final int FLOATS = 62_006;

    /** What the baseline writes in place of the package. */
    private record Serialised(int cid, SegmentHandle handle, long dataSize, HashMap<String, Object> metadata)
            implements Serializable {}

    private final PackageEncoder encoder = new PackageEncoder();
    private final PackageDecoder decoder = new PackageDecoder(CodecRoundTrip.class.getClassLoader());
    private Segment segment;
    private FedAvgUplinkPackage uplink;
    private Serialised serialised;

    /** Creates the package. */
    @Setup(Level.Trial)
    public void setUp() {
        LibTorch.tune();
        Map<String, Object> metadata = Map.of("loss", 0.5, "accuracy", 0.9);
        segment = Segment.create(4L * FLOATS);
        uplink = new FedAvgUplinkPackage(7, segment.tensor(0, ScalarType.Float, FLOATS), 500, metadata);
        serialised = new Serialised(7, segment.handle(), 500, new HashMap<>(metadata));
    }

    /** Frees it. */
    @TearDown(Level.Trial)
    public void tearDown() {
        uplink.close();
        segment.close();
    }

    /** Uses the library's codec, and makes the tensor on the segment again. */
    @Benchmark
    public long codec() {
        ByteBuffer message =
                encoder.encode(uplink, (path, tensor, layout, unbounded) -> new ShmHandle(0, 0, 0, layout));
        try (FedAvgUplinkPackage arrived = (FedAvgUplinkPackage) decoder.decode(message, this::resolve)) {
            return arrived.dataSize();
        }
    }

    private Tensor resolve(ShmHandle handle) {
        handle.checkWithin(segment.bytes());
        return segment.tensor(handle.offset(), handle.layout());
    }

    /** Uses object streams, and makes no tensor. */
    @Benchmark
    @Baseline
    public long objectStreams() throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(serialised);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return ((Serialised) in.readObject()).dataSize();
        }
    }
}
