# Prints the expected values of src/math/distributions_test.cc.
f <- function(x) sprintf("%.17g", x)
cat("normal\n"); for(x in c(-37.5,-20,-8.3,-5,-1.96,-.3,0,.1,1,3,8)) cat("{",f(x),",",f(pnorm(x)),"},\n")
cat("qnorm\n"); for(p in c(1e-300,1e-100,1e-20,1e-5,.025,.3,.5,.9,.975,1-1e-10)) cat("{",f(p),",",f(qnorm(p)),"},\n")
cat("t upper\n"); for(v in list(c(0.1,1),c(2.5,3),c(10,5),c(50,2.5),c(1.96,1e6),c(30,40),c(8,1000),c(1e5,4),c(-1.3,7),c(5,182.5))) cat("{",f(v[1]),",",f(v[2]),",",f(pt(v[1],v[2],lower=FALSE)),"},\n")
cat("qt\n"); for(v in list(c(.975,1),c(.975,3),c(.995,180),c(.6,5),c(1e-10,4),c(.51,100),c(.975,1e6),c(.0005,2.5))) cat("{",f(v[1]),",",f(v[2]),",",f(qt(v[1],v[2])),"},\n")
cat("chisq upper\n"); for(v in list(c(.01,1),c(3.84,1),c(50,1),c(1000,1),c(10,8),c(500,100),c(90,100),c(1200,1000),c(1e-5,3),c(2500,20))) cat("{",f(v[1]),",",f(v[2]),",",f(pchisq(v[1],v[2],lower=FALSE)),"},\n")
cat("F upper\n"); for(v in list(c(1,3,20),c(4.5,2,100),c(300,5,40),c(.2,7,9),c(25,1,1e4),c(2,50,60),c(1000,2,2000))) cat("{",f(v[1]),",",f(v[2]),",",f(v[3]),",",f(pf(v[1],v[2],v[3],lower=FALSE)),"},\n")
