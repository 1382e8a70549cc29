namespace Autograd.Tests.Tensors;

/// <summary>The expected texts are what NumPy 1.24 prints for the same arrays.</summary>
public sealed class TensorFormatTests
{
    public static TheoryData<string, string, string> Cases => new()
    {
        { "whole numbers", (Tensor.From(1f, 2f, 3f)).ToString(), "[1. 2. 3.]" },
        { "a scalar", (Tensor.Scalar(1.5)).ToString(), "1.5" },
        { "a whole scalar", (Tensor.Scalar(100000000f)).ToString(), "100000000.0" },
        { "a small scalar", (Tensor.Scalar(0.00001)).ToString(), "1e-05" },
        { "a large scalar", (Tensor.Scalar(1.5e16)).ToString(), "1.5e+16" },
        { "an integer", (Tensor.Scalar(-7)).ToString(), "-7" },
        { "a truth value", (Tensor.Scalar(true)).ToString(), "True" },
        { "not a number", (Tensor.Scalar(float.NaN)).ToString(), "nan" },
        { "nothing", (Tensor.Zeros<float>([2, 0])).ToString(), "[]" },
        {
            "signs aligned", (Tensor.From(new double[,] { { 1, -2.5 }, { 30.25, 4 } })).ToString(), """
            [[ 1.   -2.5 ]
             [30.25  4.  ]]
            """
        },
        { "shortest float", (Tensor.From(0.1f, 0.3f, 2f / 3)).ToString(), "[0.1       0.3       0.6666667]" },
        { "shortest double, cut at eight", (Tensor.From(0.1, 1.0 / 3, 2.0 / 3)).ToString(), "[0.1        0.33333333 0.66666667]" },
        { "half goes to even", (Tensor.From(0.001953125, 0.005859375)).ToString(), "[0.00195312 0.00585938]" },
        { "scientific by ratio", (Tensor.From(1.0, 0.0009)).ToString(), "[1.e+00 9.e-04]" },
        { "scientific by size", (Tensor.From(1e8, 123456789.0)).ToString(), "[1.00000000e+08 1.23456789e+08]" },
        { "scientific float", (Tensor.From(1e-5f, 3.3333333e-7f, -1f)).ToString(), "[ 9.9999997e-06  3.3333333e-07 -1.0000000e+00]" },
        { "three digits of exponent", (Tensor.From(1e-200, 1e100)).ToString(), "[1.e-200 1.e+100]" },
        { "zeros and a negative zero", (Tensor.From(0.0, -0.0)).ToString(), "[ 0. -0.]" },
        { "infinities", (Tensor.From(1.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity)).ToString(), "[ 1.5  nan  inf -inf]" },
        { "only NaN", (Tensor.From(double.NaN, double.NaN)).ToString(), "[nan nan]" },
        { "only minus infinity", (Tensor.From(double.NegativeInfinity)).ToString(), "[-inf]" },
        {
            "integers", (Tensor.From(new int[,] { { 1, -20 }, { 300, 4 } })).ToString(), """
            [[  1 -20]
             [300   4]]
            """
        },
        { "truth values", (Tensor.From(true, false)).ToString(), "[ True False]" },
        {
            "three axes", (Tensor.Arange<double>(8).Reshape(2, 2, 2)).ToString(), """
            [[[0. 1.]
              [2. 3.]]

             [[4. 5.]
              [6. 7.]]]
            """
        },
        {
            "four axes", (Tensor.Arange<int>(8).Reshape(2, 2, 1, 2)).ToString(), """
            [[[[0 1]]

              [[2 3]]]


             [[[4 5]]

              [[6 7]]]]
            """
        },
        {
            "a wrapped row", (Tensor.Arange<double>(0, 30, 1.25)).ToString(), """
            [ 0.    1.25  2.5   3.75  5.    6.25  7.5   8.75 10.   11.25 12.5  13.75
             15.   16.25 17.5  18.75 20.   21.25 22.5  23.75 25.   26.25 27.5  28.75]
            """
        },
        {
            "wrapped rows", (Tensor.Arange<int>(60).Reshape(2, 30)).ToString(), """
            [[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
              24 25 26 27 28 29]
             [30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53
              54 55 56 57 58 59]]
            """
        },
        {
            "a thousand", (Tensor.Arange<int>(1000).Reshape(250, 4)[..2]).ToString(), """
            [[0 1 2 3]
             [4 5 6 7]]
            """
        },
        { "a long vector", (Tensor.Arange<int>(1001)).ToString(), "[   0    1    2 ...  998  999 1000]" },
        {
            "a large matrix", (Tensor.Arange<float>(2000).Reshape(40, 50)).ToString(), """
            [[0.000e+00 1.000e+00 2.000e+00 ... 4.700e+01 4.800e+01 4.900e+01]
             [5.000e+01 5.100e+01 5.200e+01 ... 9.700e+01 9.800e+01 9.900e+01]
             [1.000e+02 1.010e+02 1.020e+02 ... 1.470e+02 1.480e+02 1.490e+02]
             ...
             [1.850e+03 1.851e+03 1.852e+03 ... 1.897e+03 1.898e+03 1.899e+03]
             [1.900e+03 1.901e+03 1.902e+03 ... 1.947e+03 1.948e+03 1.949e+03]
             [1.950e+03 1.951e+03 1.952e+03 ... 1.997e+03 1.998e+03 1.999e+03]]
            """
        },
        {
            "a large block", (Tensor.Arange<int>(7 * 8 * 20).Reshape(7, 8, 20)).ToString(), """
            [[[   0    1    2 ...   17   18   19]
              [  20   21   22 ...   37   38   39]
              [  40   41   42 ...   57   58   59]
              ...
              [ 100  101  102 ...  117  118  119]
              [ 120  121  122 ...  137  138  139]
              [ 140  141  142 ...  157  158  159]]

             [[ 160  161  162 ...  177  178  179]
              [ 180  181  182 ...  197  198  199]
              [ 200  201  202 ...  217  218  219]
              ...
              [ 260  261  262 ...  277  278  279]
              [ 280  281  282 ...  297  298  299]
              [ 300  301  302 ...  317  318  319]]

             [[ 320  321  322 ...  337  338  339]
              [ 340  341  342 ...  357  358  359]
              [ 360  361  362 ...  377  378  379]
              ...
              [ 420  421  422 ...  437  438  439]
              [ 440  441  442 ...  457  458  459]
              [ 460  461  462 ...  477  478  479]]

             ...

             [[ 640  641  642 ...  657  658  659]
              [ 660  661  662 ...  677  678  679]
              [ 680  681  682 ...  697  698  699]
              ...
              [ 740  741  742 ...  757  758  759]
              [ 760  761  762 ...  777  778  779]
              [ 780  781  782 ...  797  798  799]]

             [[ 800  801  802 ...  817  818  819]
              [ 820  821  822 ...  837  838  839]
              [ 840  841  842 ...  857  858  859]
              ...
              [ 900  901  902 ...  917  918  919]
              [ 920  921  922 ...  937  938  939]
              [ 940  941  942 ...  957  958  959]]

             [[ 960  961  962 ...  977  978  979]
              [ 980  981  982 ...  997  998  999]
              [1000 1001 1002 ... 1017 1018 1019]
              ...
              [1060 1061 1062 ... 1077 1078 1079]
              [1080 1081 1082 ... 1097 1098 1099]
              [1100 1101 1102 ... 1117 1118 1119]]]
            """
        },
        {
            "a short axis stays whole", (Tensor.Arange<int>(1200).Reshape(2, 600)).ToString(), """
            [[   0    1    2 ...  597  598  599]
             [ 600  601  602 ... 1197 1198 1199]]
            """
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void PrintsAsNumPyDoes(string what, string text, string expected) => Assert.True(text == expected, $"{what}: expected\n{expected}\nbut got\n{text}");

    [Fact]
    public void AVariablePrintsItsValue()
    {
        using Tape<float> tape = new();
        Assert.Equal("[1. 2.]", tape.Constant(Tensor.From(1f, 2f)).ToString());
    }
}
