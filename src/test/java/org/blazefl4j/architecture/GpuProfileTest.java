package org.blazefl4j.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** The profile for CUDA takes what Maven Central has: NVIDIA's own libraries are not there. */
final class GpuProfileTest {

    private static final String PROFILE = "/project/profiles/profile[id='gpu']";

    private final XPath path = XPathFactory.newInstance().newXPath();

    private List<String> texts(String expression) throws Exception {
        Document pom = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new File("pom.xml"));
        NodeList nodes = (NodeList) path.evaluate(expression, pom, XPathConstants.NODESET);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            texts.add(nodes.item(i).getTextContent());
        }
        return texts;
    }

    @Test
    void shouldTakeThePresetsWithoutNvidiasLibraries() throws Exception {
        assertThat(texts(PROFILE + "/dependencies/dependency/artifactId")).containsOnly("cuda");
        assertThat(texts(PROFILE + "/dependencies/dependency/classifier"))
                .as("redist is not served")
                .containsExactly("${blazefl4j.platform}");
    }

    @Test
    void shouldTakeLibTorchsCudaBuildByItsNameAsByTheProperty() throws Exception {
        assertThat(texts(PROFILE + "/properties/javacpp.platform.extension")).containsExactly("-gpu");
        assertThat(texts(PROFILE + "/activation/property/*")).containsExactly("javacpp.platform.extension", "-gpu");
    }
}
