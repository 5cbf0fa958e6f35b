print("moondrift")
