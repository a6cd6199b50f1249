package org.neuralranking;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;

/**
 * The slow, obvious way from texts to scores, with nothing of the plugin in it: the tokenizer library's own pairs and truncation, one text
 * a run, arrays instead of buffers, sums in double.
 */
final class PlainScores implements AutoCloseable {

    private final HuggingFaceTokenizer tokenizer;
    private final OrtSession session;
    private final JsonNode queryWeights; // null without idf.json
    private final Map<Integer, String> tokens = new HashMap<>();

    /** @param maxTokens longest input, special tokens included */
    PlainScores(Path bundle, int maxTokens) throws IOException, OrtException {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        tokenizer = HuggingFaceTokenizer.builder()
            .optTokenizerPath(bundle.resolve("tokenizer.json"))
            .optTruncateSecondOnly()
            .optMaxLength(maxTokens)
            .optPadding(false)
            .build();
        session = OrtEnvironment.getEnvironment().createSession(bundle.resolve("model.onnx").toString());
        ObjectMapper json = new ObjectMapper();
        json.readTree(bundle.resolve("tokenizer.json").toFile())
            .at("/model/vocab")
            .fields()
            .forEachRemaining(entry -> tokens.put(entry.getValue().asInt(), entry.getKey()));
        Path idf = bundle.resolve("idf.json");
        queryWeights = idf.toFile().exists() ? json.readTree(idf.toFile()) : null;
    }

    /** Logit of a cross-encoder. */
    double logit(String query, String document) {
        return run(tokenizer.encode(query, document))[0];
    }

    /** 1 + squash, as the README has it. */
    static double rescored(double blended) {
        return 1 + squash(blended);
    }

    static double squash(double x) {
        return 0.5 * (1 + x / (15 + Math.abs(x)));
    }

    /** Weights of a short text by a pooled sparse encoder; the text must fit into the model. */
    Map<String, Double> documentWeights(String text) {
        float[] columns = run(tokenizer.encode(text));
        Map<String, Double> weights = new TreeMap<>();
        for (int id = 0; id < columns.length; id++) {
            if (columns[id] > 0) {
                weights.put(tokens.get(id), (double) columns[id]);
            }
        }
        return weights;
    }

    /** Sum over the query's distinct tokens of query weight × document weight, the latter cut to the 9 significant bits of an impact. */
    double dot(String query, Map<String, Double> document) {
        double sum = 0;
        for (String token : Arrays.stream(tokenizer.encode(query).getTokens()).distinct().toList()) {
            JsonNode weight = queryWeights.get(token);
            boolean special = token.equals("[CLS]") || token.equals("[SEP]") || token.equals("[UNK]");
            if (special == false && weight != null && document.containsKey(token)) {
                float impact = Float.intBitsToFloat(Float.floatToIntBits(document.get(token).floatValue()) >>> 15 << 15);
                sum += weight.floatValue() * (double) impact;
            }
        }
        return sum;
    }

    private float[] run(Encoding encoding) {
        Map<String, OnnxTensor> inputs = new HashMap<>();
        try {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            for (String name : session.getInputNames()) {
                long[] values = switch (name) {
                    case "input_ids" -> encoding.getIds();
                    case "attention_mask" -> encoding.getAttentionMask();
                    case "token_type_ids" -> encoding.getTypeIds();
                    default -> throw new IllegalStateException(name);
                };
                inputs.put(name, OnnxTensor.createTensor(environment, new long[][] { values }));
            }
            try (OrtSession.Result result = session.run(inputs)) {
                return ((float[][]) result.get(0).getValue())[0];
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    @Override
    public void close() throws OrtException {
        session.close();
        tokenizer.close();
    }
}
