package org.neuralranking;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import org.neuralranking.inference.InferenceEngine;
import org.neuralranking.inference.InferenceSettings;
import org.neuralranking.inference.ModelMemory;
import org.neuralranking.inference.Models;
import org.neuralranking.inference.OnnxLibrary;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.model.registry.DeleteModel;
import org.neuralranking.model.registry.DirectoryKeeper;
import org.neuralranking.model.registry.GetModels;
import org.neuralranking.model.registry.Housekeeping;
import org.neuralranking.model.registry.LocalModels;
import org.neuralranking.model.registry.ModelDirectory;
import org.neuralranking.model.registry.ModelPlacement;
import org.neuralranking.model.registry.ModelRestApi;
import org.neuralranking.model.registry.ModelSettings;
import org.neuralranking.model.registry.ModelThreads;
import org.neuralranking.model.registry.ModelUsers;
import org.neuralranking.model.registry.PrepareModel;
import org.neuralranking.model.registry.PublishModel;
import org.neuralranking.model.registry.PutPart;
import org.neuralranking.model.registry.RegisterModel;
import org.neuralranking.model.registry.RegistrationProgress;
import org.neuralranking.model.store.Contents;
import org.neuralranking.model.store.LocalStore;
import org.neuralranking.model.store.ModelIndex;
import org.neuralranking.ranking.Infer;
import org.neuralranking.ranking.InferRestApi;
import org.neuralranking.ranking.ModelAnswers;
import org.neuralranking.rescore.CrossEncoderAnswer;
import org.neuralranking.rescore.NeuralRescorerBuilder;
import org.neuralranking.rescore.RescoreServices;
import org.neuralranking.rescore.RescoreSettings;
import org.neuralranking.sparse.LearnedSparseFieldMapper;
import org.neuralranking.sparse.LearnedSparseProcessor;
import org.neuralranking.sparse.LearnedSparseQueryBuilder;
import org.neuralranking.sparse.SparseEncoderAnswer;
import org.neuralranking.stats.GetStats;
import org.neuralranking.stats.NodeStats;
import org.neuralranking.stats.StatsRestApi;
import org.neuralranking.tokenize.TokenizerLibrary;
import org.opensearch.action.ActionRequest;
import org.opensearch.cluster.NamedDiff;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.node.DiscoveryNodes;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.settings.SettingsFilter;
import org.opensearch.common.util.io.IOUtils;
import org.opensearch.core.ParseField;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.breaker.CircuitBreaker;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.env.Environment;
import org.opensearch.env.NodeEnvironment;
import org.opensearch.index.mapper.Mapper;
import org.opensearch.indices.SystemIndexDescriptor;
import org.opensearch.indices.breaker.BreakerSettings;
import org.opensearch.ingest.Processor;
import org.opensearch.plugins.ActionPlugin;
import org.opensearch.plugins.CircuitBreakerPlugin;
import org.opensearch.plugins.IngestPlugin;
import org.opensearch.plugins.MapperPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.plugins.SearchPlugin;
import org.opensearch.plugins.SystemIndexPlugin;
import org.opensearch.repositories.RepositoriesService;
import org.opensearch.rest.RestController;
import org.opensearch.rest.RestHandler;
import org.opensearch.script.ScriptService;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ExecutorBuilder;
import org.opensearch.threadpool.FixedExecutorBuilder;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;
import org.opensearch.watcher.ResourceWatcherService;

/** Wiring only: which extension point gets which class. */
public final class NeuralRankingPlugin extends Plugin implements
        ActionPlugin,
        CircuitBreakerPlugin,
        IngestPlugin,
        MapperPlugin,
        SearchPlugin,
        SystemIndexPlugin {

    private final Settings settings;
    private final Path configPath;

    // Extension points are asked before components exist; what they hand out looks these up when it is used.
    private volatile Models models;
    private volatile RescoreServices rescoring;
    private volatile LocalModels localModels;
    private volatile Housekeeping housekeeping;
    private volatile CircuitBreaker circuitBreaker;
    private volatile ModelMemory memory;

    public NeuralRankingPlugin(Settings settings, Path configPath) {
        this.settings = settings;
        this.configPath = configPath;
        Path natives = pluginDirectory().resolve("native");
        OnnxLibrary.useNativeDirectory(natives);
        TokenizerLibrary.useNativeDirectory(natives);
    }

    private static Path pluginDirectory() {
        try {
            return Path.of(NeuralRankingPlugin.class.getProtectionDomain().getCodeSource().getLocation().toURI()).getParent();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the plugin's own jar has no place", e);
        }
    }

    @Override
    public Collection<Object> createComponents(
        Client client,
        ClusterService clusterService,
        ThreadPool threadPool,
        ResourceWatcherService resourceWatcherService,
        ScriptService scriptService,
        NamedXContentRegistry xContentRegistry,
        Environment environment,
        NodeEnvironment nodeEnvironment,
        NamedWriteableRegistry namedWriteableRegistry,
        IndexNameExpressionResolver indexNameExpressionResolver,
        Supplier<RepositoriesService> repositoriesServiceSupplier
    ) {
        memory = ModelMemory.of(circuitBreaker, settings, clusterService.getClusterSettings());
        NodeStats stats = new NodeStats(memory::use);
        BundleLimits limits = new BundleLimits(settings);
        InferenceEngine engine = new InferenceEngine(new InferenceSettings(settings), limits, threadPool, stats, memory);
        ModelSettings modelSettings = ModelSettings.of(settings, clusterService.getClusterSettings());
        ModelIndex modelIndex = new ModelIndex(client, clusterService);
        Contents contents = new Contents(
            configPath.resolve("neural-ranking").resolve("models"),
            localStore(nodeEnvironment),
            modelIndex,
            limits
        );
        localModels = new LocalModels(
            contents,
            new ModelPlacement(settings),
            engine,
            modelSettings,
            threadPool,
            threadPool.executor(ModelThreads.BUILD)
        );
        clusterService.addListener(localModels);
        clusterService.addListener(new DirectoryKeeper(ownData(nodeEnvironment), clusterService, threadPool.generic()));
        housekeeping = new Housekeeping(clusterService, modelIndex, modelSettings, threadPool);
        models = new Models(clusterService, localModels, engine, modelSettings, threadPool);
        rescoring = new RescoreServices(models, stats.rescore(), RescoreSettings.of(settings, clusterService.getClusterSettings()));
        ModelAnswers answers = new ModelAnswers(List.of(new SparseEncoderAnswer(), new CrossEncoderAnswer()));
        return List.of(stats, contents, modelIndex, new ModelUsers(), localModels, models, answers);
    }

    /** What this node keeps on its disk. */
    private static Path ownData(NodeEnvironment environment) {
        return environment.nodeDataPaths()[0].resolve("neural_ranking");
    }

    private static LocalStore localStore(NodeEnvironment environment) {
        try {
            return new LocalStore(ownData(environment));
        } catch (IOException e) {
            throw new UncheckedIOException("models cannot be kept below the data path of this node", e);
        }
    }

    @Override
    public Collection<SystemIndexDescriptor> getSystemIndexDescriptors(Settings settings) {
        return List.of(new SystemIndexDescriptor(ModelIndex.NAME, "bytes of the models of neural-ranking"));
    }

    @Override
    public BreakerSettings getCircuitBreaker(Settings settings) {
        return ModelMemory.breaker(() -> memory.breakerStats());
    }

    @Override
    public void setCircuitBreaker(CircuitBreaker circuitBreaker) {
        this.circuitBreaker = circuitBreaker;
    }

    @Override
    public List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> getActions() {
        return List.of(
            new ActionHandler<>(RegisterModel.TYPE, RegisterModel.class),
            new ActionHandler<>(PutPart.TYPE, PutPart.class),
            new ActionHandler<>(PublishModel.TYPE, PublishModel.class),
            new ActionHandler<>(PrepareModel.TYPE, PrepareModel.class),
            new ActionHandler<>(GetModels.TYPE, GetModels.class),
            new ActionHandler<>(DeleteModel.TYPE, DeleteModel.class),
            new ActionHandler<>(Infer.TYPE, Infer.class),
            new ActionHandler<>(GetStats.TYPE, GetStats.class)
        );
    }

    @Override
    public List<RestHandler> getRestHandlers(
        Settings settings,
        RestController restController,
        ClusterSettings clusterSettings,
        IndexScopedSettings indexScopedSettings,
        SettingsFilter settingsFilter,
        IndexNameExpressionResolver indexNameExpressionResolver,
        Supplier<DiscoveryNodes> nodesInCluster
    ) {
        List<RestHandler> handlers = new ArrayList<>(ModelRestApi.handlers());
        handlers.add(new InferRestApi());
        handlers.add(new StatsRestApi());
        return handlers;
    }

    @Override
    public List<RescorerSpec<?>> getRescorers() {
        return List.of(
            new RescorerSpec<>(
                NeuralRescorerBuilder.NAME,
                in -> new NeuralRescorerBuilder(in, () -> rescoring),
                parser -> NeuralRescorerBuilder.parse(parser, () -> rescoring)
            )
        );
    }

    @Override
    public List<QuerySpec<?>> getQueries() {
        return List.of(
            new QuerySpec<>(
                LearnedSparseQueryBuilder.NAME,
                in -> new LearnedSparseQueryBuilder(in, () -> models),
                parser -> LearnedSparseQueryBuilder.fromXContent(parser, () -> models)
            )
        );
    }

    @Override
    public Map<String, Processor.Factory> getProcessors(Processor.Parameters parameters) {
        return Map.of(LearnedSparseProcessor.TYPE, new LearnedSparseProcessor.Factory(() -> models, parameters.genericExecutor));
    }

    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
        return Map.of(LearnedSparseFieldMapper.CONTENT_TYPE, LearnedSparseFieldMapper.PARSER);
    }

    @Override
    public List<Setting<?>> getSettings() {
        List<Setting<?>> all = new ArrayList<>(InferenceSettings.all());
        all.addAll(ModelSettings.all());
        all.addAll(BundleLimits.all());
        all.addAll(ModelMemory.all());
        all.addAll(RescoreSettings.all());
        return all;
    }

    @Override
    public List<ExecutorBuilder<?>> getExecutorBuilders(Settings settings) {
        // what waits is bounded by each model's scheduler, which queues one task a worker here
        int threads = InferenceSettings.THREADS.get(settings);
        return List.of(
            new FixedExecutorBuilder(settings, ModelThreads.INFERENCE, threads, -1, "thread_pool." + ModelThreads.INFERENCE),
            new FixedExecutorBuilder(settings, ModelThreads.BUILD, 1, -1, "thread_pool." + ModelThreads.BUILD)
        );
    }

    @Override
    public List<NamedWriteableRegistry.Entry> getNamedWriteables() {
        return List.of(
            new NamedWriteableRegistry.Entry(Metadata.Custom.class, ModelDirectory.TYPE, ModelDirectory::new),
            new NamedWriteableRegistry.Entry(NamedDiff.class, ModelDirectory.TYPE, ModelDirectory::readDiff),
            new NamedWriteableRegistry.Entry(Task.Status.class, RegistrationProgress.NAME, RegistrationProgress::new)
        );
    }

    @Override
    public List<NamedXContentRegistry.Entry> getNamedXContent() {
        return List.of(
            new NamedXContentRegistry.Entry(Metadata.Custom.class, new ParseField(ModelDirectory.TYPE), ModelDirectory::parse)
        );
    }

    @Override
    public void close() throws IOException {
        IOUtils.close(housekeeping, localModels);
    }
}
