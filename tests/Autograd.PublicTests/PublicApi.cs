using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Autograd.PublicTests;

/// <summary>The public surface of an assembly as lines of text, in an order that depends on names alone.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Describe(Assembly assembly)
    {
        IEnumerable<string> types = assembly.GetTypes()
            .Where(IsVisible)
            .OrderBy(static type => type.FullName, StringComparer.Ordinal)
            .Select(Describe);
        return string.Join("\n\n", types) + "\n";
    }

    private static bool IsVisible(Type type) => type.IsNested ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!) : type.IsPublic;

    private static string Describe(Type type)
    {
        string kind = type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsSubclassOf(typeof(Delegate)) ? "delegate" : type.IsValueType ? "struct" : "class";
        string modifier = kind != "class" ? string.Empty : type is { IsAbstract: true, IsSealed: true } ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : string.Empty;
        if (kind == "struct") modifier = (Has<IsReadOnlyAttribute>(type) ? "readonly " : string.Empty) + (type.IsByRefLike ? "ref " : string.Empty);
        List<string> bases = [];
        if (type.BaseType is { } parent && parent != typeof(object) && kind == "class") bases.Add(NameOf(parent));
        if (kind is not ("enum" or "delegate")) bases.AddRange(OwnInterfaces(type).Select(NameOf).Order(StringComparer.Ordinal));
        string head = $"{modifier}{kind} {FullName(type)}{(bases.Count > 0 ? " : " + string.Join(", ", bases) : string.Empty)}{Constraints(type.GetGenericArguments())}";
        return string.Join("\n", [head, .. type.GetMembers(Declared).SelectMany(Lines).Order(StringComparer.Ordinal).Select(static line => "    " + line)]);
    }

    /// <summary>The interfaces a type adds to those its base and its other interfaces bring.</summary>
    private static IEnumerable<Type> OwnInterfaces(Type type)
    {
        Type[] all = [.. type.GetInterfaces().Where(static made => made.IsPublic || made.IsNestedPublic)];
        HashSet<Type> brought = [.. all.SelectMany(static made => made.GetInterfaces()), .. type.BaseType?.GetInterfaces() ?? []];
        return all.Where(made => !brought.Contains(made));
    }

    private static IEnumerable<string> Lines(MemberInfo member)
    {
        switch (member)
        {
            case FieldInfo field when IsVisible(field) && !field.IsSpecialName:
                if (field.DeclaringType!.IsEnum) yield return $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}";
                else yield return $"{Scope(field.IsFamily, field.IsStatic && !field.IsLiteral)}{(field.IsLiteral ? "const " : field.IsInitOnly ? "readonly " : string.Empty)}{NameOf(field.FieldType)} {field.Name}{(field.IsLiteral ? " = " + Literal(field.GetRawConstantValue()) : string.Empty)}";
                break;
            case PropertyInfo property when Accessors(property).FirstOrDefault() is { } first:
                string accessors = string.Join(" ", Accessors(property).Select(static accessor => (accessor.IsFamily ? "protected " : string.Empty) + AccessorName(accessor)));
                ParameterInfo[] indices = property.GetIndexParameters();
                string name = indices.Length > 0 ? $"this[{Parameters(indices)}]" : property.Name;
                yield return $"{Scope(Accessors(property).All(static accessor => accessor.IsFamily), first.IsStatic)}{Virtual(first)}{NameOf(property.PropertyType)} {name} {{ {accessors} }}";
                break;
            case ConstructorInfo constructor when IsVisible(constructor) && !constructor.IsStatic:
                yield return $"{Scope(constructor.IsFamily, false)}{PlainName(constructor.DeclaringType!)}({Parameters(constructor.GetParameters())})";
                break;
            case EventInfo { AddMethod: { } add } made when IsVisible(add):
                yield return $"{Scope(add.IsFamily, add.IsStatic)}event {NameOf(made.EventHandlerType!)} {made.Name}";
                break;
            case MethodInfo method when IsVisible(method) && !Has<CompilerGeneratedAttribute>(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)):
                string arguments = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(static argument => argument.Name))}>" : string.Empty;
                string constraints = method.IsGenericMethod ? Constraints(method.GetGenericArguments()) : string.Empty;
                string extension = Has<ExtensionAttribute>(method) ? "this " : string.Empty;
                yield return $"{Scope(method.IsFamily, method.IsStatic)}{Virtual(method)}{NameOf(method.ReturnType)} {method.Name}{arguments}({extension}{Parameters(method.GetParameters())}){constraints}";
                break;
        }
    }

    private static bool Has<TAttribute>(MemberInfo member)
        where TAttribute : Attribute => member.IsDefined(typeof(TAttribute), inherit: false);

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static IEnumerable<MethodInfo> Accessors(PropertyInfo property) => new[] { property.GetMethod, property.SetMethod }.OfType<MethodInfo>().Where(IsVisible);

    private static string AccessorName(MethodInfo accessor)
    {
        if (accessor.Name.StartsWith("get_", StringComparison.Ordinal)) return "get;";
        return accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;";
    }

    private static string Scope(bool isProtected, bool isStatic) => (isProtected ? "protected " : string.Empty) + (isStatic ? "static " : string.Empty);

    private static string Virtual(MethodInfo method)
    {
        if (method.DeclaringType!.IsInterface || !method.IsVirtual) return string.Empty;
        if (method.GetBaseDefinition().DeclaringType != method.DeclaringType) return method.IsFinal ? "sealed override " : "override ";
        return method.IsAbstract ? "abstract " : method.IsFinal ? string.Empty : "virtual ";
    }

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(static parameter =>
    {
        string passing = parameter.IsOut ? "out " : !parameter.ParameterType.IsByRef ? string.Empty : parameter.IsIn ? "in " : "ref ";
        bool isParams = parameter.IsDefined(typeof(ParamArrayAttribute), false) || parameter.IsDefined(typeof(ParamCollectionAttribute), false);
        string standard = parameter.HasDefaultValue ? " = " + Literal(parameter.DefaultValue) : string.Empty;
        return $"{(isParams ? "params " : string.Empty)}{passing}{NameOf(parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType)} {parameter.Name}{standard}";
    }));

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Constraints(Type[] arguments) => string.Concat(arguments.Where(static argument => argument.IsGenericParameter).Select(static argument =>
    {
        GenericParameterAttributes flags = argument.GenericParameterAttributes;
        List<string> parts = [];
        if (flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint)) parts.Add("struct");
        else if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint)) parts.Add("class");
        parts.AddRange(argument.GetGenericParameterConstraints().Where(static bound => bound != typeof(ValueType)).Select(NameOf).Order(StringComparer.Ordinal));
        if (flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint)) parts.Add("new()");
        if (flags.HasFlag(GenericParameterAttributes.AllowByRefLike)) parts.Add("allows ref struct");
        return parts.Count == 0 ? string.Empty : $" where {argument.Name} : {string.Join(", ", parts)}";
    }));

    private static string PlainName(Type type) => type.Name.Split('`')[0];

    private static string FullName(Type type) => (type.IsNested ? FullName(type.DeclaringType!) + "." : type.Namespace + ".") + WithArguments(type, type.GetGenericArguments());

    private static string NameOf(Type type)
    {
        if (type.IsArray) return NameOf(type.GetElementType()!) + "[]";
        if (type.IsByRef) return "ref " + NameOf(type.GetElementType()!);
        if (type.IsPointer) return NameOf(type.GetElementType()!) + "*";
        if (type.IsGenericParameter) return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } wrapped) return NameOf(wrapped) + "?";
        if (type.IsNested) return $"{NameOf(type.DeclaringType!)}.{WithArguments(type, type.GetGenericArguments())}";
        return Keywords.TryGetValue(type, out string? keyword) ? keyword : WithArguments(type, type.GetGenericArguments());
    }

    private static string WithArguments(Type type, Type[] arguments)
    {
        int tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        if (tick < 0) return type.Name;
        int own = int.Parse(type.Name[(tick + 1)..], CultureInfo.InvariantCulture);
        return $"{type.Name[..tick]}<{string.Join(", ", arguments[^own..].Select(NameOf))}>";
    }

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
    };
}
