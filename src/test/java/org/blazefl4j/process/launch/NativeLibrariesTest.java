package org.blazefl4j.process.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Map;
import org.blazefl4j.binding.Native;
import org.blazefl4j.binding.NativeLoader;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class NativeLibrariesTest {

    @BeforeAll
    static void load() {
        LibTorch.load();
        assertThat(Native.pid()).isPositive(); // loaded by its first use
    }

    private Map<String, URL[]> found() throws IOException {
        return NativeLibraries.read(NativeLibraries.found());
    }

    @Test
    void shouldNameThePathOfEachLoadedLibrary() throws Exception {
        Map<String, String> loaded = Loader.getLoadedLibraries();
        for (String name : new String[] {"jnijavacpp", "jniopenblas", "jnitorch", "torch_cpu", "c10"}) {
            URL[] places = found().get(name);
            assertThat(places).as(name).hasSize(1);
            assertThat(Path.of(places[0].toURI())).hasToString(loaded.get(name)).isRegularFile();
        }
        assertThat(Path.of(found().get("jniblazefl4j")[0].toURI()))
                .isEqualTo(NativeLoader.own().orElseThrow());
    }

    /** OpenBLAS without LAPACK has several names for one file. */
    @Test
    void shouldFindALibraryByItsRequestedName() throws Exception {
        assertThat(found().get("openblas@.0#openblas_nolapack@.0"))
                .singleElement()
                .asString()
                .contains("libopenblas_nolapack.so");
    }

    @Test
    void shouldNameMissingLibraries() throws Exception {
        assertThat(Loader.getLoadedLibraries()).doesNotContainKey("gfortran@.3");
        assertThat(found().get("gfortran@.3")).isEmpty();
    }

    @Test
    void shouldNameNoLibrariesOfCudaBeforeItIsUsed() throws Exception {
        if (!Loader.getLoadedLibraries().containsKey("jnitorch_cuda")) {
            assertThat(NativeLoader.loading()).isEqualTo(NativeLoader.LIBTORCH);
            assertThat(found()).doesNotContainKeys("jnitorch_cuda", "jnicudart", "cuda@.1#");
        }
    }

    @Test
    void shouldReportNothingIfALibraryIsGone() throws Exception {
        assertThat(NativeLibraries.read(NativeLibraries.found() + "gone\t/nowhere/libgone.so\n"))
                .isEmpty();
    }
}
