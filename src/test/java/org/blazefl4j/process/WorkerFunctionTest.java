package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.junit.jupiter.api.Test;

/** Sends worker functions of every kind as bytes, and calls them. */
final class WorkerFunctionTest {

    record Config(int value) {

        /** A worker function whose receiver is the configuration. */
        String train(String payload, WorkerContext context) {
            return payload + "/" + value;
        }
    }

    record Up(int value, String payload) {

        Up(Config config, String payload, WorkerContext context) {
            this(config.value(), payload);
        }
    }

    /** A captured record, or the receiver of a method reference. */
    record Factor(int factor, List<String> names) {

        private Integer scaled(Config config, String payload, WorkerContext context) {
            return factor * config.value();
        }
    }

    /** A worker function with a named class. */
    static final class Stateful implements ClientWorker<Config, String, Integer> {

        private static final long serialVersionUID = 1L;

        private final int offset;

        Stateful(int offset) {
            this.offset = offset;
        }

        @Override
        public Integer train(Config config, String payload, WorkerContext context) {
            return offset + config.value();
        }
    }

    enum Constant implements ClientWorker<Config, String, String> {
        ONLY;

        @Override
        public String train(Config config, String payload, WorkerContext context) {
            return name() + config.value();
        }
    }

    static class Parent {
        static int twice(Config config, String payload, WorkerContext context) {
            return 2 * config.value();
        }
    }

    static final class Child extends Parent {}

    /** Captures a function; sending the function must not initialise this class. */
    static final class Careless {

        static final ClientWorker<Config, String, Integer> WORKER = Parent::twice;

        static {
            if (Boolean.getBoolean("blazefl4j.test.inWorker")) {
                throw new IllegalStateException("initialised");
            }
        }
    }

    private static String failing(Config config, String payload, WorkerContext context) throws IOException {
        throw new IOException("checked " + config.value());
    }

    private static <U> Object cross(ClientWorker<Config, String, U> worker) throws Exception {
        return cross(worker, WorkerFunctionTest.class.getClassLoader());
    }

    private static <U> Object cross(ClientWorker<Config, String, U> worker, ClassLoader loader) throws Exception {
        ByteBuffer message = new PackageEncoder()
                .encode(WorkerFunction.of(worker), (path, tensor, layout, unbounded) -> {
                    throw new AssertionError(path.get());
                });
        Object arrived = new PackageDecoder(loader).decode(message, handle -> {
            throw new AssertionError(handle);
        });
        return WorkerFunction.find(arrived, loader).train(new Config(21), "payload", null);
    }

    @Test
    void shouldFindMethodReferencesOfEveryKind() throws Exception {
        assertThat(cross(Parent::twice)).isEqualTo(42);
        assertThat(cross(Child::twice)).isEqualTo(42);
        assertThat(cross(Config::train)).isEqualTo("payload/21");
        assertThat(cross(Up::new)).isEqualTo(new Up(21, "payload"));
        Factor factor = new Factor(3, List.of());
        assertThat(cross(factor::scaled)).isEqualTo(63);
    }

    @Test
    void shouldFindLambdasWithTheirCapturedValues() throws Exception {
        int number = 5;
        Factor factor = new Factor(2, List.of("a", "b"));
        assertThat(cross((config, payload, context) -> "plain")).isEqualTo("plain");
        assertThat(cross((config, payload, context) ->
                        number * config.value() + factor.names().get(1)))
                .isEqualTo("105b");
    }

    @Test
    void shouldSendObjectsOfNamedClasses() throws Exception {
        assertThat(cross(new Stateful(100))).isEqualTo(121);
        assertThat(cross(Constant.ONLY)).isEqualTo("ONLY21");
    }

    @Test
    void shouldSendFunctionsThatCrossedAgain() throws Exception {
        ClassLoader loader = getClass().getClassLoader();
        for (ClientWorker<Config, String, ?> worker :
                List.<ClientWorker<Config, String, ?>>of(Parent::twice, new Stateful(21))) {
            Object crossing = WorkerFunction.of(worker);
            ClientWorker<Object, Object, Object> crossed = WorkerFunction.find(crossing, loader);

            assertThat(WorkerFunction.of(crossed)).isSameAs(crossing);
            assertThat(WorkerFunction.implementation(crossed)).isEqualTo(WorkerFunction.implementation(worker));
            assertThat(WorkerFunction.find(WorkerFunction.of(crossed), loader).train(new Config(21), "payload", null))
                    .isEqualTo(42);
        }
    }

    @Test
    void shouldPassOnCheckedExceptions() {
        assertThatThrownBy(() -> cross(WorkerFunctionTest::failing))
                .isInstanceOf(IOException.class)
                .hasMessage("checked 21");
    }

    @Test
    void shouldRefuseALambdaWhoseCapturedValuesCannotCross() {
        Thread thread = Thread.currentThread();
        assertThatThrownBy(() -> cross((config, payload, context) -> thread.getName()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("path=captured[0], type=java.lang.Thread");
        Supplier<String> supplier = () -> "text";
        assertThatThrownBy(() -> cross((config, payload, context) -> supplier.get()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("path=captured[0]");
    }

    @Test
    void shouldNotInitialiseTheCapturingClass() throws Exception {
        ClientWorker<Config, String, Integer> worker = Careless.WORKER;
        System.setProperty("blazefl4j.test.inWorker", "true");
        try (FreshLoader loader = new FreshLoader()) {
            Object found = WorkerFunction.find(WorkerFunction.of(worker), loader);
            assertThat(found).isInstanceOf(ClientWorker.class);
            assertThatThrownBy(() -> Class.forName(Careless.class.getName(), true, loader))
                    .isInstanceOf(ExceptionInInitializerError.class);
        } finally {
            System.clearProperty("blazefl4j.test.inWorker");
        }
    }

    @Test
    void shouldNameTheMethodIfTheWorkerHasAnotherVersionOfTheClass() {
        WorkerFunction unknown = new WorkerFunction(Parent.class.getName(), "thrice", "(II)I", 6, List.of());
        assertThatThrownBy(() -> WorkerFunction.find(unknown, getClass().getClassLoader()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("method=" + Parent.class.getName() + ".thrice(II)I");
    }

    @Test
    void shouldNameTheClassThatImplementsTheFunction() {
        ClientWorker<Config, String, Integer> reference = Parent::twice;
        ClientWorker<Config, String, Integer> lambda = (config, payload, context) -> 1;
        assertThat(WorkerFunction.implementation(reference)).isEqualTo(Parent.class);
        assertThat(WorkerFunction.implementation(lambda)).isEqualTo(WorkerFunctionTest.class);
        assertThat(WorkerFunction.implementation(new Stateful(1))).isEqualTo(Stateful.class);
    }
}
