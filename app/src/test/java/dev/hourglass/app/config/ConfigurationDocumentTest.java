package dev.hourglass.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/configuration.md, the table of keys and the code say the same. */
class ConfigurationDocumentTest {
  private static final String TABLE_HEAD = "| key | type | default | accepted | meaning |";

  /** Their defaults are said by the surroundings. */
  private static final List<ConfigKey<?>> FOLDERS_BY_SURROUNDINGS =
      List.of(ConfigKeys.STORE_FOLDER, ConfigKeys.RETENTION_COLD_FOLDER);

  @Test
  void documentsEveryKeyAsTheCodeHasIt() throws IOException {
    Path document = Path.of(System.getProperty("hourglass.root"), "docs", "configuration.md");
    List<String> rows =
        Files.readAllLines(document).stream()
            .dropWhile(line -> !line.equals(TABLE_HEAD))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .toList();

    assertThat(rows).isEqualTo(ConfigKeys.all().stream().map(ConfigKey::documentationRow).toList());
  }

  @Test
  void listsEveryKeyThatIsDeclared() throws IllegalAccessException {
    List<Object> declared = new ArrayList<>();
    for (Field field : ConfigKeys.class.getDeclaredFields()) {
      if (field.getType() == ConfigKey.class) {
        declared.add(field.get(null));
      }
    }

    assertThat(declared).hasSameElementsAs(ConfigKeys.all()).hasSameSizeAs(ConfigKeys.all());
  }

  @Test
  void everyKeyHasItsOwnNameAndVariableAndOneSentence() {
    assertThat(ConfigKeys.all()).extracting(ConfigKey::name).doesNotHaveDuplicates();
    assertThat(ConfigKeys.all()).extracting(ConfigKey::environmentVariable).doesNotHaveDuplicates();
    assertThat(ConfigKeys.all())
        .extracting(ConfigKey::meaning)
        .allMatch(text -> text.endsWith("."));
  }

  @Test
  void everyDefaultIsAcceptedByItsOwnForm() {
    String readable =
        ConfigKeys.all().stream()
            .filter(key -> !FOLDERS_BY_SURROUNDINGS.contains(key))
            .map(key -> key.name() + "=" + key.defaultValue())
            .collect(Collectors.joining("\n"));

    assertThat(readable).contains("server.port=8080", "sessions.context_ttl=PT30M");
  }
}
