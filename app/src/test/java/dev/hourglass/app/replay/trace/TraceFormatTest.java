package dev.hourglass.app.replay.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.hourglass.app.host.ExpectedFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceFormatTest {
  private static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
  private static final String REQUEST =
      "{\"timestamp\": 27000, \"input_length\": 1000, \"output_length\": 100, \"hash_ids\": [0, 7, 9]}\n";

  @TempDir private Path folder = Path.of("");

  @Test
  void readsAzure() throws Exception {
    Trace trace =
        azure(
            HEADER
                + "2023-11-16 18:15:50.9951690,396,109\r\n"
                + "2023-11-16 18:15:46.6805900,374,44\n"
                + "\n"
                + "2023-11-17 00:00:00,0,1");

    assertThat(trace.hasSessions()).isFalse();
    assertThat(trace.requests())
        .extracting(Trace.Request::contextTokens)
        .containsExactly(374L, 396L, 0L);
    assertThat(trace.requests().getFirst().arrivalSeconds()).isZero();
    assertThat(trace.requests().get(1).arrivalSeconds()).isCloseTo(4.314579, within(1e-6));
    assertThat(trace.lastSecond()).isEqualTo(5 * 3600 + 44 * 60 + 13);
    // 44 · 20 ms + 374 · 0.2 ms.
    assertThat(trace.requests().getFirst().endSeconds()).isCloseTo(0.9548, within(1e-9));
  }

  @Test
  void readsAzureTimesWithTheZoneOfTheNewerTraces() throws Exception {
    Trace trace =
        azure(HEADER + "2024-05-10 00:00:00.009930+00:00,2162,5\n2024-05-10T00:00:02Z,1,1\n");

    assertThat(trace.lastSecond()).isEqualTo(1);
  }

  @Test
  void readsMooncakeAndSpreadsItsBatchesAlwaysInTheSameWay() throws Exception {
    Trace trace = mooncake(REQUEST.repeat(200) + REQUEST.replace("27000", "29999"));

    assertThat(trace.hasSessions()).isTrue();
    assertThat(trace.requests().getFirst().arrivalSeconds()).isZero();
    assertThat(trace.requests().getFirst().conversation())
        .contains(new Trace.Conversation(0, Optional.of(7L)));
    assertThat(trace.requests())
        .isSortedAccordingTo(
            (one, other) -> Double.compare(one.arrivalSeconds(), other.arrivalSeconds()));
    assertThat(trace.requests().subList(0, 200))
        .allSatisfy(request -> assertThat(request.arrivalSeconds()).isLessThan(3))
        .anySatisfy(request -> assertThat(request.arrivalSeconds()).isGreaterThan(2.5));
    assertThat(mooncake(REQUEST.repeat(200) + REQUEST.replace("27000", "29999"))).isEqualTo(trace);
  }

  @Test
  void takesMooncakeTimesAsTheyAreWhereTheyAreNoBatches() throws Exception {
    Trace trace = mooncake(REQUEST + REQUEST.replace("27000", "28500"));

    assertThat(trace.requests())
        .extracting(Trace.Request::arrivalSeconds)
        .isEqualTo(List.of(0.0, 1.5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          TIMESTAMP,Context           | t:1: header: TIMESTAMP,Context (expected: TIMESTAMP,ContextTokens,GeneratedTokens)
          2023-11-16 18:15:46,1       | t:2: line: 2023-11-16 18:15:46,1 (expected: 3 fields)
          2023-13-16 18:15:46,1,2     | t:2: TIMESTAMP: 2023-13-16 18:15:46 (expected: yyyy-mm-dd hh:mm:ss.fraction)
          2023-11-16 18:15:46,-1,2    | t:2: ContextTokens: -1 (expected: 0 to 1000000000)
          2023-11-16 18:15:46,1,two   | t:2: GeneratedTokens: two (expected: 0 to 1000000000)
          2023-11-16 18:15:46,1,9999999999 | t:2: GeneratedTokens: 9999999999 (expected: 0 to 1000000000)
          """)
  void namesLineAndFieldOfAWrongAzureTrace(String line, String message) {
    String text = line.startsWith("TIME") ? line : HEADER + line;
    assertThatExceptionOfType(ExpectedFailure.class)
        .isThrownBy(() -> azure(text))
        .withMessage(message.replace("t:", folder.resolve("trace") + ":"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {                                   | line: { (expected: a JSON object)
          []                                  | line: [] (expected: a JSON object)
          {} {}                               | line: {} {} (expected: a JSON object)
          {"timestamp":1.5}                   | timestamp: 1.5 (expected: a whole number, 0 to 4503599627370496)
          {"timestamp":-1}                    | timestamp: -1 (expected: a whole number, 0 to 4503599627370496)
          {"timestamp":1,"input_length":"5"}  | input_length: "5" (expected: a whole number, 0 to 1000000000)
          {"timestamp":1,"input_length":5}    | output_length: missing (expected: a whole number, 0 to 1000000000)
          {"timestamp":1,"input_length":5,"output_length":5} | hash_ids: missing (expected: an array of at least one whole number)
          {"timestamp":1,"input_length":5,"output_length":5,"hash_ids":[]} | hash_ids: [] (expected: an array of at least one whole number)
          {"timestamp":1,"input_length":5,"output_length":5,"hash_ids":[0,"a"]} | hash_ids: "a" (expected: whole numbers)
          """)
  void namesLineAndFieldOfAWrongMooncakeTrace(String line, String message) {
    assertThatExceptionOfType(ExpectedFailure.class)
        .isThrownBy(() -> mooncake(REQUEST + "\n" + line))
        .withMessage(folder.resolve("trace") + ":3: " + message);
  }

  @Test
  void refusesAFileThatIsNoTrace() throws Exception {
    Path file = folder.resolve("trace");
    assertThatExceptionOfType(ExpectedFailure.class)
        .isThrownBy(() -> TraceFormat.AZURE.read(file))
        .withMessage("trace: " + file + " (expected: an existing file)");
    assertThatExceptionOfType(ExpectedFailure.class)
        .isThrownBy(() -> TraceFormat.AZURE.read(folder))
        .withMessageContaining("(expected: a readable file)");

    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
    assertThatExceptionOfType(ExpectedFailure.class)
        .isThrownBy(() -> TraceFormat.AZURE.read(file))
        .withMessage("trace: " + file + " (expected: text in UTF-8)");
    assertThatExceptionOfType(ExpectedFailure.class)
        .isThrownBy(() -> mooncake("\n \n"))
        .withMessageContaining("(expected: at least one request)");
    assertThatExceptionOfType(ExpectedFailure.class)
        .isThrownBy(() -> azure(HEADER + "0001-01-01 00:00:00,1,1\n9999-01-01 00:00:00,1,1\n"))
        .withMessageContaining("(expected: at most 31 days)");
  }

  private Trace azure(String text) throws ExpectedFailure, IOException {
    return TraceFormat.AZURE.read(Files.writeString(folder.resolve("trace"), text));
  }

  private Trace mooncake(String text) throws ExpectedFailure, IOException {
    return TraceFormat.MOONCAKE.read(Files.writeString(folder.resolve("trace"), text));
  }
}
