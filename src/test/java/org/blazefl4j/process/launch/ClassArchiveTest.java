package org.blazefl4j.process.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClassArchiveTest {

    @TempDir
    private Path folder;

    private Path jar;

    @BeforeEach
    void makeJar() throws IOException {
        jar = Files.writeString(folder.resolve("a.jar"), "classes");
    }

    private ClassArchive archive(List<Path> classPath, String... flags) {
        return ClassArchive.of(Optional.of(folder.resolve("cache")), classPath, List.of(flags));
    }

    private String key(String... flags) {
        return archive(List.of(jar), flags).key();
    }

    @Test
    void shouldDependOnTheClassPathAndItsOrder() throws IOException {
        Path other = Files.writeString(folder.resolve("b.jar"), "classes");
        assertThat(key()).isEqualTo(key());
        assertThat(archive(List.of(jar, other)).key())
                .isNotEqualTo(archive(List.of(other, jar)).key())
                .isNotEqualTo(key());
    }

    @Test
    void shouldDependOnTheJarsSizesAndTimes() throws IOException {
        String before = key();
        FileTime time = Files.getLastModifiedTime(jar);
        Files.writeString(jar, "more classes");
        Files.setLastModifiedTime(jar, time);
        String longer = key();
        Files.setLastModifiedTime(jar, FileTime.from(Instant.EPOCH));
        assertThat(List.of(before, longer, key())).doesNotHaveDuplicates();
    }

    @Test
    void shouldDependOnJvmFlagsButNotOnProperties() {
        assertThat(key("-XX:+UseSerialGC")).isNotEqualTo(key("-XX:+UseParallelGC"));
        assertThat(key("-Dx=1")).isEqualTo(key("-Dx=2"));
    }

    @Test
    void shouldBeDisabledIfAFolderIsOnTheClassPath() {
        ClassArchive archive = archive(List.of(jar, folder));
        assertThat(archive.disabledReason()).isEqualTo("the class path contains a folder: " + folder);
        assertThat(archive.use()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Xshare:off", "-XX:SharedArchiveFile=mine.jsa", "-XX:AOTCache=mine.aot"})
    void shouldLeaveTheUsersChoice(String flag) {
        assertThat(archive(List.of(jar), flag).disabledReason()).isEqualTo("JVM argument " + flag);
    }

    @Test
    void shouldBeDisabledInAFolderWithAColon() {
        Path cache = folder.resolve("12:30");
        ClassArchive archive = ClassArchive.of(Optional.of(cache), List.of(jar), List.of());
        assertThat(archive.disabledReason()).isEqualTo("the JVM splits paths at colons: " + cache);
        assertThat(archive.use()).isEmpty();
    }

    @Test
    void shouldBeDisabledOnRequest() {
        assertThat(ClassArchive.of(Optional.empty(), List.of(jar), List.of()).disabledReason())
                .isEqualTo("switched off");
    }

    @Test
    void shouldFindTheStandardFolderInThisOrder() {
        Map<String, String> all = Map.of("BLAZEFL4J_CACHE", "/variable", "XDG_CACHE_HOME", "/xdg");
        assertThat(CacheFolder.standard("/property", all, "/home")).hasToString("/property");
        assertThat(CacheFolder.standard(null, all, "/home")).hasToString("/variable");
        assertThat(CacheFolder.standard(" ", Map.of("XDG_CACHE_HOME", "/xdg"), "/home"))
                .hasToString("/xdg/blazefl4j");
        assertThat(CacheFolder.standard(null, Map.of("BLAZEFL4J_CACHE", ""), "/home"))
                .hasToString("/home/.cache/blazefl4j");
    }

    @Test
    void shouldNotPutTheStandardFolderIntoTheWorkingDirectory() {
        assertThat(CacheFolder.standard(null, Map.of("XDG_CACHE_HOME", "cache"), "/home"))
                .hasToString("/home/.cache/blazefl4j");
        assertThat(CacheFolder.standard(null, Map.of(), "?")).hasToString("/.cache/blazefl4j");
    }
}
