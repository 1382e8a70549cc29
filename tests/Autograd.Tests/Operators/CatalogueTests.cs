namespace Autograd.Tests;

/// <summary>No operation without a contract.</summary>
public sealed class CatalogueTests
{
    [Fact]
    public void EveryOperationHasAContract()
    {
        Type[] operations = [.. Concrete(typeof(Operation<>).Assembly.GetTypes())];
        Assert.InRange(operations.Length, 20, int.MaxValue);
        string[] missing = Missing(operations, Contracts());
        Assert.True(missing.Length == 0, $"Write a contract (tests/Autograd.Tests/Operators) for: {string.Join(", ", missing)}");
    }

    [Fact]
    public void AnOperationWithoutContractIsNamed()
    {
        IEnumerable<Type> operations = Concrete([typeof(Forgotten), typeof(Base<>), typeof(TanhOperation<>)]);
        Assert.Equal([typeof(Forgotten).FullName!], Missing(operations, Contracts()));
    }

    [Fact]
    public void ContractsNameOperationsOnly()
    {
        IOperatorContract[] contracts = Contracts();
        Assert.All(contracts, static contract => Assert.NotEmpty(contract.Operations));
        Assert.All(contracts.SelectMany(static contract => contract.Operations), static type => Assert.True(IsOperation(type), $"{type} is no operation"));
    }

    internal static IOperatorContract[] Contracts() =>
    [
        .. typeof(CatalogueTests).Assembly.GetTypes()
            .Where(static type => type is { IsAbstract: false, ContainsGenericParameters: false } && type.IsAssignableTo(typeof(IOperatorContract)))
            .Select(static type => (IOperatorContract)Activator.CreateInstance(type)!),
    ];

    private static IEnumerable<Type> Concrete(IEnumerable<Type> types) => types.Where(static type => !type.IsAbstract && IsOperation(type));

    private static string[] Missing(IEnumerable<Type> operations, IOperatorContract[] contracts)
    {
        HashSet<Type> covered = [.. contracts.SelectMany(static contract => contract.Operations)];
        return [.. operations.Where(type => !covered.Contains(type)).Select(static type => type.FullName!).Order(StringComparer.Ordinal)];
    }

    private static bool IsOperation(Type type)
    {
        for (Type? at = type.BaseType; at is not null; at = at.BaseType)
        {
            if (at.IsGenericType && at.GetGenericTypeDefinition() == typeof(Operation<>)) return true;
        }

        return false;
    }

    private abstract class Base<T> : Operation<T>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>;

    private sealed class Forgotten : Base<double>
    {
        protected internal override void Forward(ForwardContext<double> context) => context.Output(context.Shape(0)).Clear();

        protected internal override void Backward(BackwardContext<double> context)
        {
            // Its slope is zero.
        }
    }
}
