using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace McpProbe.Mutation;

/// <summary>
/// Puts every mutant of a file into it at once, each behind its number: one build serves all of them. What is outermost is
/// mutated on the text as it was, what is inside goes on with the other mutants.
/// </summary>
/// <param name="without">Numbers that do not compile: they are counted, and left out.</param>
internal sealed class Mutator(SemanticModel model, string file, List<Mutant> mutants, IReadOnlySet<int> without) : CSharpSyntaxRewriter
{
    /// <summary>The annotation of a node that holds a mutant; its data is the number.</summary>
    internal const string Mark = "mutant";

    private static readonly Dictionary<SyntaxKind, SyntaxKind> Operators = new()
    {
        [SyntaxKind.LessThanExpression] = SyntaxKind.LessThanOrEqualExpression,
        [SyntaxKind.LessThanOrEqualExpression] = SyntaxKind.LessThanExpression,
        [SyntaxKind.GreaterThanExpression] = SyntaxKind.GreaterThanOrEqualExpression,
        [SyntaxKind.GreaterThanOrEqualExpression] = SyntaxKind.GreaterThanExpression,
        [SyntaxKind.EqualsExpression] = SyntaxKind.NotEqualsExpression,
        [SyntaxKind.NotEqualsExpression] = SyntaxKind.EqualsExpression,
        [SyntaxKind.AddExpression] = SyntaxKind.SubtractExpression,
        [SyntaxKind.SubtractExpression] = SyntaxKind.AddExpression,
        [SyntaxKind.MultiplyExpression] = SyntaxKind.DivideExpression,
        [SyntaxKind.DivideExpression] = SyntaxKind.MultiplyExpression,
        [SyntaxKind.ModuloExpression] = SyntaxKind.MultiplyExpression,
    };

    private static readonly Dictionary<string, string> Opposites = new()
    {
        ["Min"] = "Max",
        ["Max"] = "Min",
        ["MinBy"] = "MaxBy",
        ["MaxBy"] = "MinBy",
        ["First"] = "Last",
        ["Last"] = "First",
        ["FirstOrDefault"] = "LastOrDefault",
        ["LastOrDefault"] = "FirstOrDefault",
        ["Any"] = "All",
        ["All"] = "Any",
        ["OrderBy"] = "OrderByDescending",
        ["OrderByDescending"] = "OrderBy",
        ["Order"] = "OrderDescending",
        ["OrderDescending"] = "Order",
        ["ThenBy"] = "ThenByDescending",
    };

    private static readonly HashSet<string> Filters = ["Where", "Distinct", "Take", "TakeLast", "Skip", "Order", "OrderBy", "Concat", "Append"];

    private string _member = "";

    // Conditions.

    public override SyntaxNode? Visit(SyntaxNode? node)
    {
        var visited = base.Visit(node);
        if (node is not ExpressionSyntax original || visited is not ExpressionSyntax inner || !IsBoolean(original) || IsConstant(original))
            return visited;
        var (canBeTrue, canBeFalse) = Positions(original);
        // What does not end is found out by time alone, and that is slow.
        if (canBeTrue && Add(original, "true instead of", Wrong.AlwaysTrue) is { } forced)
            inner = Marked(BinaryExpression(SyntaxKind.LogicalOrExpression, IsActive(forced), Inside(inner)), forced);
        if (canBeFalse && Add(original, "false instead of", Wrong.AlwaysFalse) is { } denied)
            inner = Marked(BinaryExpression(SyntaxKind.LogicalAndExpression, PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, IsActive(denied)), Inside(inner)), denied);
        return inner;
    }

    /// <summary>Where each way of being wrong differs from those around it: a part of a conjunction that is false makes all of it false.</summary>
    private static (bool True, bool False) Positions(ExpressionSyntax node)
    {
        if (node is ParenthesizedExpressionSyntax || node.IsKind(SyntaxKind.TrueLiteralExpression) || node.IsKind(SyntaxKind.FalseLiteralExpression))
            return (false, false);
        SyntaxNode outer = node;
        while (outer.Parent is ParenthesizedExpressionSyntax)
            outer = outer.Parent;
        return outer.Parent switch
        {
            BinaryExpressionSyntax both when both.IsKind(SyntaxKind.LogicalAndExpression) => (!node.IsKind(SyntaxKind.LogicalAndExpression), false),
            BinaryExpressionSyntax either when either.IsKind(SyntaxKind.LogicalOrExpression) => (false, !node.IsKind(SyntaxKind.LogicalOrExpression)),
            IfStatementSyntax or WhenClauseSyntax or ReturnStatementSyntax or ArrowExpressionClauseSyntax => (true, true),
            ConditionalExpressionSyntax choice => (choice.Condition == outer, choice.Condition == outer),
            LambdaExpressionSyntax or EqualsValueClauseSyntax => (true, true),
            AssignmentExpressionSyntax assignment => (assignment.Right == outer, assignment.Right == outer),
            WhileStatementSyntax or ForStatementSyntax or DoStatementSyntax => (false, true),
            _ => (false, false),
        };
    }

    public override SyntaxNode? VisitSwitchExpressionArm(SwitchExpressionArmSyntax node)
    {
        var visited = (SwitchExpressionArmSyntax)base.VisitSwitchExpressionArm(node)!;
        if (node.Pattern is DiscardPatternSyntax || node.Pattern is VarPatternSyntax || Add(node.Pattern, "without the case") is not { } id)
            return visited;
        var active = PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, IsActive(id));
        ExpressionSyntax condition = visited.WhenClause is { } when
            ? BinaryExpression(SyntaxKind.LogicalAndExpression, active, Inside(when.Condition))
            : active;
        return visited.WithWhenClause(WhenClause(Marked(condition, id)).WithLeadingTrivia(Space));
    }

    // Expressions.

    public override SyntaxNode? VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        var visited = (ExpressionSyntax)base.VisitBinaryExpression(node)!;
        if (node.IsKind(SyntaxKind.CoalesceExpression))
        {
            visited = Switch(node, visited, node.Right, "only the right of");
            return Switch(node, visited, node.Left, "only the left of");
        }

        if (!Operators.TryGetValue(node.Kind(), out var other) || IsText(node) || IsCondition(node) && node.IsKind(SyntaxKind.EqualsExpression))
            return visited;
        var token = Token(TokenOf(other)).WithTriviaFrom(node.OperatorToken);
        return Switch(node, visited, BinaryExpression(other, node.Left, token, node.Right), $"{token.Text} in");
    }

    public override SyntaxNode? VisitAssignmentExpression(AssignmentExpressionSyntax node)
    {
        var visited = (ExpressionSyntax)base.VisitAssignmentExpression(node)!;
        return node.Kind() switch
        {
            SyntaxKind.AddAssignmentExpression => Switch(node, visited, AssignmentExpression(SyntaxKind.SubtractAssignmentExpression, node.Left, node.Right), "-= in"),
            _ => visited,
        };
    }

    public override SyntaxNode? VisitLiteralExpression(LiteralExpressionSyntax node)
    {
        if (node.Token.Value is not (int or double or long) || IsConstant(node))
            return node;
        return Switch(node, node, BinaryExpression(SyntaxKind.AddExpression, node, LiteralExpression(SyntaxKind.NumericLiteralExpression, Literal(1))), "one more than");
    }

    public override SyntaxNode? VisitInvocationExpression(InvocationExpressionSyntax node)
    {
        var visited = (ExpressionSyntax)base.VisitInvocationExpression(node)!;
        if (node.Expression is not MemberAccessExpressionSyntax { Name: SimpleNameSyntax name } called)
            return visited;
        if (Opposites.TryGetValue(name.Identifier.Text, out var opposite))
            visited = Switch(node, visited, node.WithExpression(called.WithName(Renamed(name, opposite))), $"{opposite} in");
        if (Filters.Contains(name.Identifier.Text))
            visited = Switch(node, visited, called.Expression, $"without {name.Identifier.Text} in");
        return visited;
    }

    public override SyntaxNode? VisitCollectionExpression(CollectionExpressionSyntax node)
    {
        var visited = (ExpressionSyntax)base.VisitCollectionExpression(node)!;
        foreach (var element in node.Elements)
            visited = Switch(node, visited, node.WithElements(node.Elements.Remove(element)), $"without {Short(element)} in");
        return visited;
    }

    public override SyntaxNode? VisitWithExpression(WithExpressionSyntax node)
    {
        var visited = (ExpressionSyntax)base.VisitWithExpression(node)!;
        foreach (var member in node.Initializer.Expressions)
            visited = Switch(node, visited, node.WithInitializer(node.Initializer.WithExpressions(node.Initializer.Expressions.Remove(member))), $"without {Short(member)} in");
        return visited;
    }

    public override SyntaxNode? VisitObjectCreationExpression(ObjectCreationExpressionSyntax node)
    {
        var visited = (ExpressionSyntax)base.VisitObjectCreationExpression(node)!;
        foreach (var member in node.Initializer?.Expressions ?? [])
            visited = Switch(node, visited, node.WithInitializer(node.Initializer!.WithExpressions(node.Initializer.Expressions.Remove(member))), $"without {Short(member)} in");
        return visited;
    }

    // Statements.

    public override SyntaxNode? VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        var visited = (ExpressionStatementSyntax)base.VisitExpressionStatement(node)!;
        return !Declares(node) && Add(node, "without", Wrong.LeftOut) is { } id
            ? IfStatement(PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, IsActive(id)), visited).WithAdditionalAnnotations(new SyntaxAnnotation(Mark, Text(id)))
            : visited;
    }

    // Members.

    public override SyntaxNode? VisitMethodDeclaration(MethodDeclarationSyntax node)
    {
        _member = node.Identifier.Text;
        var visited = (MethodDeclarationSyntax)base.VisitMethodDeclaration(node)!;
        if (visited.Body is not { } body || model.GetDeclaredSymbol(node) is not { } method || Add(node, "nothing done by") is not { } id)
            return visited;
        var isVoid = method.ReturnsVoid || (method.IsAsync && method.ReturnType is INamedTypeSymbol { IsGenericType: false });
        var nothing = body.DescendantNodes(inner => inner is not (LambdaExpressionSyntax or LocalFunctionStatementSyntax)).OfType<YieldStatementSyntax>().Any()
            ? (StatementSyntax)YieldStatement(SyntaxKind.YieldBreakStatement)
            : isVoid ? ReturnStatement() : ReturnStatement(ParseExpression(" default!"));
        var early = IfStatement(IsActive(id), nothing.NormalizeWhitespace()).WithAdditionalAnnotations(new SyntaxAnnotation(Mark, Text(id)));
        return visited.WithBody(body.WithStatements(body.Statements.Insert(0, early)));
    }

    public override SyntaxNode? VisitPropertyDeclaration(PropertyDeclarationSyntax node)
    {
        _member = node.Identifier.Text;
        return node.Initializer is not null && node.Modifiers.Any(SyntaxKind.StaticKeyword) ? node : base.VisitPropertyDeclaration(node);
    }

    /// <summary>
    /// Numbers and times that have a name: read anew each time, since one that is set when the type is first used knows of no
    /// other mutant after that. What else is set then is left as it is.
    /// </summary>
    public override SyntaxNode? VisitFieldDeclaration(FieldDeclarationSyntax node)
    {
        var isConstant = node.Modifiers.Any(SyntaxKind.ConstKeyword);
        // A field that others see stays one: the tests were compiled against it.
        var isTime = node.Modifiers.Any(SyntaxKind.StaticKeyword) && node.Modifiers.Any(SyntaxKind.PrivateKeyword) && node.Declaration.Type.ToString() is "TimeSpan" or "TimeSpan[]" or "SendLimit";
        if (node.Declaration.Variables is not [{ Initializer.Value: { } value } field] || !(isTime || isConstant && node.Declaration.Type.ToString() is "int" or "double"))
            return node.Modifiers.Any(SyntaxKind.StaticKeyword) || isConstant ? node : base.VisitFieldDeclaration(node);
        _member = field.Identifier.Text;
        var known = mutants.Count;
        var visited = isConstant
            ? Switch(value, value, BinaryExpression(SyntaxKind.AddExpression, ParenthesizedExpression(value), LiteralExpression(SyntaxKind.NumericLiteralExpression, Literal(1))), "one more than")
            : (ExpressionSyntax)Visit(value)!;
        if (visited == value || mutants.Count == known)
            return node;
        var access = string.Join(' ', node.Modifiers.Where(word => !word.IsKind(SyntaxKind.ConstKeyword) && !word.IsKind(SyntaxKind.ReadOnlyKeyword) && !word.IsKind(SyntaxKind.StaticKeyword)));
        var property = (PropertyDeclarationSyntax)ParseMemberDeclaration($"{access} static {node.Declaration.Type} {field.Identifier.Text} => 0;")!;
        return property.WithExpressionBody(ArrowExpressionClause(visited)).WithTriviaFrom(node);
    }

    public override SyntaxNode? VisitAttributeList(AttributeListSyntax node) => node;

    public override SyntaxNode? VisitParameterList(ParameterListSyntax node) => node;

    public override SyntaxNode? VisitEnumDeclaration(EnumDeclarationSyntax node) => node;

    // A change of the words is none of the judging.
    public override SyntaxNode? VisitThrowExpression(ThrowExpressionSyntax node) => node;

    public override SyntaxNode? VisitThrowStatement(ThrowStatementSyntax node) => node;

    private ExpressionSyntax Switch(ExpressionSyntax node, ExpressionSyntax visited, ExpressionSyntax changed, string what) =>
        !IsConstant(node) && !Declares(node) && Add(node, what) is { } id
            ? Marked(ConditionalExpression(IsActive(id), Inside(changed), Inside(visited)), id)
            : visited;

    private int? Add(SyntaxNode node, string what, Wrong wrong = Wrong.Other)
    {
        if (node.Ancestors().OfType<ThrowExpressionSyntax>().Any())
            return null;
        var id = mutants.Count;
        var line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        mutants.Add(new Mutant(id, file, line, $"{_member}: {what} {Short(node)}", wrong));
        return without.Contains(id) ? null : id;
    }

    private bool IsBoolean(ExpressionSyntax node) => model.GetTypeInfo(node).Type?.SpecialType is SpecialType.System_Boolean;

    private bool IsText(ExpressionSyntax node) => model.GetTypeInfo(node).Type?.SpecialType is SpecialType.System_String;

    private static bool IsCondition(ExpressionSyntax node) => Positions(node) is not (false, false);

    private static bool IsConstant(SyntaxNode node) => node.Ancestors().Any(outer =>
        outer is PatternSyntax or AttributeSyntax or CaseSwitchLabelSyntax or EnumMemberDeclarationSyntax or LocalDeclarationStatementSyntax { IsConst: true } or InterpolationFormatClauseSyntax);

    private static bool Declares(SyntaxNode node) =>
        node.DescendantNodes(inner => inner is not LambdaExpressionSyntax).Any(inner => inner is VariableDesignationSyntax and not DiscardDesignationSyntax);

    private static SimpleNameSyntax Renamed(SimpleNameSyntax name, string text) => name.WithIdentifier(Identifier(text).WithTriviaFrom(name.Identifier));

    private static ParenthesizedExpressionSyntax Inside(ExpressionSyntax node) => ParenthesizedExpression(node.WithoutTrivia());

    private static ParenthesizedExpressionSyntax Marked(ExpressionSyntax node, int id) =>
        ParenthesizedExpression(node).WithAdditionalAnnotations(new SyntaxAnnotation(Mark, Text(id)));

    private static ExpressionSyntax IsActive(int id) => ParseExpression($"global::ActiveMutant.Is({Text(id)})");

    private static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);

    private static string Short(SyntaxNode node)
    {
        var text = node is MethodDeclarationSyntax method ? $"{method.Identifier}()" : string.Join(' ', node.ToString().Split((char[])[], StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= 100 ? text : $"{text[..60]} … {text[^37..]}";
    }

    private static SyntaxKind TokenOf(SyntaxKind expression) => expression switch
    {
        SyntaxKind.LessThanExpression => SyntaxKind.LessThanToken,
        SyntaxKind.LessThanOrEqualExpression => SyntaxKind.LessThanEqualsToken,
        SyntaxKind.GreaterThanExpression => SyntaxKind.GreaterThanToken,
        SyntaxKind.GreaterThanOrEqualExpression => SyntaxKind.GreaterThanEqualsToken,
        SyntaxKind.EqualsExpression => SyntaxKind.EqualsEqualsToken,
        SyntaxKind.NotEqualsExpression => SyntaxKind.ExclamationEqualsToken,
        SyntaxKind.AddExpression => SyntaxKind.PlusToken,
        SyntaxKind.SubtractExpression => SyntaxKind.MinusToken,
        SyntaxKind.MultiplyExpression => SyntaxKind.AsteriskToken,
        _ => SyntaxKind.SlashToken,
    };
}
